import { createKubeClient } from '@clusternet/client';
import { createFakeApi } from '@clusternet/client/fakes';
import { silentLogger } from '@clusternet/runtime';
import { createFakeClock } from '@clusternet/runtime/fakes';
import { describe, expect, it } from 'vitest';
import { createParentResources } from '../parent/resources.ts';
import { createHubAddressPublisher, createHubAddressRun, hostOf } from './hub-address.ts';

const namespace = 'clusternet-system';
const ref = { namespace, name: 'clusternet-hub-address' };
const never = new AbortController().signal;

function startParent() {
  const { configMaps } = createParentResources(createKubeClient(createFakeApi().transport));
  const read = async () => (await configMaps.get(ref, never)).data;
  return { configMaps, read, deps: { configMaps, namespace, log: silentLogger } };
}

describe('the own address of hubs', () => {
  it('is published with the authority of their certificate, and with the next one', async () => {
    const { read, deps } = startParent();
    const publish = createHubAddressPublisher(deps, { url: 'https://hub:8443' });
    await publish('ONE', never);
    expect(await read()).toEqual({ address: 'https://hub:8443', 'ca.crt': 'ONE' });
    await publish('TWO', never);
    expect(await read()).toEqual({ address: 'https://hub:8443', 'ca.crt': 'TWO' });
  });

  it('is published with the authority that was given for it', async () => {
    const { read, deps } = startParent();
    await createHubAddressPublisher(deps, { url: 'https://hub', caPem: 'GIVEN' })('OWN', never);
    expect(await read()).toEqual({ address: 'https://hub', 'ca.crt': 'GIVEN' });
  });

  it('is not written again while it is as it has to be', async () => {
    const { configMaps, deps } = startParent();
    const publish = createHubAddressPublisher(deps, { url: 'https://hub' });
    await publish('CA', never);
    const before = (await configMaps.get(ref, never)).metadata.resourceVersion;
    await publish('CA', never);
    expect((await configMaps.get(ref, never)).metadata.resourceVersion).toBe(before);
  });

  it('comes back when somebody deletes it, where the certificate is a given one', async () => {
    const { configMaps, read, deps } = startParent();
    const clock = createFakeClock();
    const stop = new AbortController();
    const run = createHubAddressRun(
      createHubAddressPublisher(deps, { url: 'https://hub' }),
      clock,
    )(stop.signal);
    await clock.advance(0);
    expect(await read()).toEqual({ address: 'https://hub' });
    await configMaps.delete(ref, {}, never);
    await clock.advance(60_000);
    expect(await read()).toEqual({ address: 'https://hub' });
    stop.abort();
    await run;
    expect(clock.pending()).toBe(0);
  });

  it('costs nothing else when it cannot be published', async () => {
    const { deps } = startParent();
    const configMaps = { ...deps.configMaps, get: () => Promise.reject(new Error('no')) };
    await createHubAddressPublisher({ ...deps, configMaps }, { url: 'https://hub' })('CA', never);
  });

  it.each([
    ['https://hub.example:8443/x', 'hub.example'],
    ['https://[fd00::1]:8443', 'fd00::1'],
  ])('%s is at %s', (url, want) => {
    expect(hostOf({ url })).toBe(want);
  });
});
