import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '@clusternet/kube-data';
import { createCa } from '@clusternet/pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningProcess } from '../harness/child-process.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { core, on } from '../harness/journey.ts';
import { freePorts } from '../harness/ports.ts';
import { hubServes, installHub } from '../harness/start-hub.ts';
import type { HubInstallation } from '../harness/start-hub.ts';

describe(`hubs with an address of their own, on ${on} control planes`, () => {
  let fleet: Fleet;
  let installation: HubInstallation;
  let hub: RunningProcess;
  let port: number;
  let unused: number;

  beforeAll(async () => {
    [port = 0, unused = 0] = await freePorts(2);
    fleet = await startFleet({
      on,
      children: [{ name: 'one', syncMode: 'Pull', isAppPusherEnabled: false }],
      startHub: async (parent, folder) => {
        installation = await installHub(parent, folder, port);
        hub = await startAt(`https://localhost:${port}`, parent);
        return hub;
      },
    });
  });
  afterAll(async () => {
    await hub.stop();
    await fleet[Symbol.asyncDispose]();
  });

  const startAt = async (address: string, parent: Fleet['parent'], flags: readonly string[] = []) => {
    const started = await installation.startReplica('hub', port, [`--hub-address=${address}`, ...flags]);
    await hubServes(parent, started);
    return started;
  };
  /** Both anew: an agent asks for the address when it dials, hubs tell it when they start. */
  const restart = async (address: string, flags: readonly string[] = []): Promise<void> => {
    const [one] = fleet.children;
    await Promise.all([one!.agent.stop(), hub.stop()]);
    hub = await startAt(address, fleet.parent, flags);
    await eventually('the address to be published', async () => (await published())['address'] === address);
    await one!.startAgent();
  };
  const published = async (): Promise<Readonly<Record<string, string>>> => {
    const maps = core(fleet.parent.client, 'ConfigMap', 'configmaps');
    const ref = { namespace: 'clusternet-system', name: 'clusternet-hub-address' };
    return ((await maps.get(ref)) as KubeObject & { data?: Record<string, string> }).data ?? {};
  };
  /** What the agent says of its tunnel, and a request that goes through it. */
  const says = async (text: string): Promise<void> => {
    const [one] = fleet.children;
    await eventually(`the agent to say "${text}"`, () => {
      if (one!.agent.tail().includes(text)) return true;
      throw new Error(one!.agent.tail());
    });
    const path = `/apis/proxies.clusternet.io/v1alpha1/sockets/${one!.clusterId}/proxy/direct/version`;
    await eventually('a request to come through', () =>
      fleet.parent.client.rawJson({ method: 'GET', path, what: 'get the version of the child' }),
    );
  };

  it('have agents come there directly, verified by the authority that the parent names', async () => {
    expect((await published())['address']).toBe(`https://localhost:${port}`);
    await says(`agent → hub https://localhost:${port}`);
  });

  it('have agents come through kube-apiserver where that address does not answer', async () => {
    await restart(`https://localhost:${unused}`);
    await says('hubs not reached at their own address; going through kube-apiserver');
    await says(`agent → parent ${fleet.parent.server}`);
  });

  it('have agents come through kube-apiserver where something else answers, which gets no token', async () => {
    const caFile = join(fleet.folder, 'another-ca.crt');
    writeFileSync(caFile, (await createCa({ commonName: 'another' })).certPem);
    await restart(`https://localhost:${port}`, [`--hub-address-ca-file=${caFile}`]);
    // TLS comes before the request that has the token.
    await says('its certificate is not trusted');
    await says('going through kube-apiserver');
    await says(`agent → parent ${fleet.parent.server}`);
  });
});
