import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet } from '@clusternet/client';
import type { Fleet } from '@clusternet/client';
import { agentObjects, applyObjects } from '@clusternet/e2e/harness/apply-files.ts';
import type { RunningProcess } from '@clusternet/e2e/harness/child-process.ts';
import { eventually } from '@clusternet/e2e/harness/eventually.ts';
import type { Plane } from '@clusternet/e2e/harness/plane.ts';
import { startHub } from '@clusternet/e2e/harness/start-hub.ts';
import { requestToken } from '@clusternet/e2e/harness/service-account-token.ts';
import { planeOf } from '../lifecycle/plane-of.ts';
import { startOwnProcess } from '../processes.ts';

const TOKEN = '07401b.f395accd246ae52d'; // of manifests/samples

/** A parent with many clusters, each in a process of ours or beside it; all of them look at one child. */
export interface ManyClusters extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly hub: RunningProcess;
  readonly parent: Plane;
  readonly child: Plane;
}

/** Starts a hub as built and so many clusters, and waits until each of them can be visited. */
export async function startMany(
  count: number,
  prepare: (child: Plane) => Promise<void>,
): Promise<ManyClusters> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-bench-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const startPlane = async (name: string): Promise<Plane> => {
      const started = stack.use(startOwnProcess('lifecycle/plane-process.ts', [name]));
      const { kubeconfig } = JSON.parse(await started.nextLine()) as { kubeconfig: string };
      return stack.use(await planeOf(name, kubeconfig));
    };
    const [parent, child] = await Promise.all([startPlane('parent'), startPlane('children')]);
    const hub = stack.use(await startHub(parent, folder, ['--v=0', '--kube-api-qps=0']));
    await applyObjects(child.client, agentObjects());
    await prepare(child);
    const token = await requestToken(child.client, 'clusternet-system', 'clusternet-app-deployer');
    const file = join(folder, 'agents.json');
    const input = {
      count,
      childKubeconfig: child.kubeconfig,
      parentUrl: parent.server,
      parentCaPem: parent.caPem,
      token: TOKEN,
    };
    writeFileSync(file, JSON.stringify(input), { mode: 0o600 });
    const agents = stack.use(startOwnProcess('lifecycle/agents-process.ts', [file]));
    await agents.nextLine();
    const fleet = stack.use(createFleet(parent.connection, { credential: () => ({ token }) }));
    await eventually(
      `${count} clusters to be reachable`,
      async () => {
        const { items, silent } = await fleet.across().kind('v1/Namespace').list({ limit: 1 });
        if (silent[0] !== undefined) throw silent[0].error;
        return new Set(items.map(({ cluster }) => cluster.id)).size === count;
      },
      { timeoutMs: 120_000, intervalMs: 1000 },
    );
    const owned = stack.move();
    return { fleet, hub, parent, child, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
