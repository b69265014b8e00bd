import { findCondition } from '@clusternet/controller-kit';
import type { Condition } from '@clusternet/kube-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToParent, exampleApplication } from '../harness/application.ts';
import { eventually } from '../harness/eventually.ts';
import { startFleet } from '../harness/fleet.ts';
import type { Fleet } from '../harness/fleet.ts';
import { deployments, nginxReady, on } from '../harness/journey.ts';

describe(`losing and regaining a child, on ${on} control planes`, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({
      on,
      children: [
        { name: 'lost', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
        { name: 'kept', syncMode: 'Push', isAppPusherEnabled: true, labels: { env: 'demo' } },
      ],
    });
    await applyToParent(fleet.parent.client, exampleApplication(fleet.child('kept').namespace));
    await nginxReady(fleet.child('lost'), 2);
  });
  afterAll(async () => {
    process.kill(fleet.child('lost').agent.pid, 'SIGCONT');
    await fleet[Symbol.asyncDispose]();
  });

  const readyOf = async (name: string): Promise<Condition | undefined> => {
    const { namespace } = fleet.child(name);
    const { status } = await fleet.clusters.get({ namespace, name });
    return findCondition(status?.conditions, 'Ready');
  };

  it('shows a silent child within ten seconds, with the reason, and does not taint it', async () => {
    process.kill(fleet.child('lost').agent.pid, 'SIGSTOP');
    const startMs = Date.now();
    const ready = await eventually('the silent child to show', async () => {
      const condition = await readyOf('lost');
      return condition?.status === 'Unknown' ? condition : undefined;
    });
    expect(ready.reason).toBe('ClusterTunnelDisconnected');
    expect(Date.now() - startMs).toBeLessThan(11_000);
    const { namespace } = fleet.child('lost');
    const { spec } = await fleet.clusters.get({ namespace, name: 'lost' });
    expect(spec?.taints ?? []).toEqual([]);
    expect((await readyOf('kept'))?.status).toBe('True');
  });

  it('goes on with the others meanwhile, and catches up when the child is back', async () => {
    const application = exampleApplication(fleet.child('kept').namespace);
    const deployment = application.find(({ kind }) => kind === 'Deployment');
    deployment!.metadata.annotations = { round: 'two' };
    await applyToParent(fleet.parent.client, [deployment!]);
    const roundOf = async (name: string): Promise<string | undefined> => {
      const live = await deployments(fleet.child(name).plane.client).get({
        namespace: 'foo',
        name: 'my-nginx',
      });
      return live.metadata.annotations?.['round'];
    };
    await eventually('the change on the child that is there', async () => (await roundOf('kept')) === 'two');
    expect(await roundOf('lost')).toBeUndefined();

    process.kill(fleet.child('lost').agent.pid, 'SIGCONT');
    await eventually(
      'the lost child to be ready again',
      async () => (await readyOf('lost'))?.status === 'True',
    );
    await eventually('the change on the child that came back', async () => (await roundOf('lost')) === 'two');
  });
});
