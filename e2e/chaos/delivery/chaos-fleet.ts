import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentObjects, applyObjects } from '../../harness/apply-files.ts';
import type { RunningProcess } from '../../harness/child-process.ts';
import { joinChild } from '../../harness/join-child.ts';
import type { ChildSpec, FleetChild } from '../../harness/join-child.ts';
import type { Plane } from '../../harness/plane.ts';
import { freePorts } from '../../harness/ports.ts';
import { hubServes, installHub } from '../../harness/start-hub.ts';
import { startPlane } from '../../harness/start-plane.ts';
import type { PlaneKind } from '../../harness/start-plane.ts';
import { putBehindDoor } from './door.ts';
import type { DoorPlane } from './door.ts';
import { groupsOf } from './wishes.ts';

export type Victim = 'agent' | 'apiserver' | 'hub';

/** A fleet whose parts can be killed and come back. */
export interface ChaosFleet extends AsyncDisposable {
  readonly parent: Plane;
  readonly children: readonly FleetChild[];
  /** Kills one of a kind, and lets it be gone for a while. @param number - which one, where there are several */
  strike(victim: Victim, number: number, goneMs: number): Promise<void>;
}

const MODES = [
  { syncMode: 'Push', isAppPusherEnabled: true },
  { syncMode: 'Pull', isAppPusherEnabled: false },
  { syncMode: 'Dual', isAppPusherEnabled: true },
] as const;
/** Joining at once would take longer than one after the other. */
const JOIN_TOGETHER = 3;

/** @param keptLogs - told where the logs of the programs are, which then stay there */
export async function startChaosFleet(
  on: PlaneKind,
  clusters: number,
  keptLogs?: (folder: string) => void,
): Promise<ChaosFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-chaos-'));
  const stack = new AsyncDisposableStack();
  keptLogs?.(folder);
  stack.defer(() => {
    if (keptLogs === undefined) rmSync(folder, { recursive: true, force: true });
  });
  try {
    const start = async (name: string): Promise<DoorPlane> =>
      stack.use(await putBehindDoor(await startPlane(on, name)));
    const parent = await start('parent');
    const [port = 0] = await freePorts(1);
    const installation = await installHub(parent, folder, port);
    const startHub = (): Promise<RunningProcess> => installation.startReplica('hub', port);
    let hub = await startHub();
    stack.defer(async () => {
      await hub.stop();
    });
    await hubServes(parent, hub);
    const planes: DoorPlane[] = [];
    const children: FleetChild[] = [];
    for (let from = 0; from < clusters; from += JOIN_TOGETHER) {
      const numbers = Array.from({ length: Math.min(JOIN_TOGETHER, clusters - from) }, (_, i) => from + i);
      const joined = await Promise.all(
        numbers.map(async (number) => {
          const plane = await start(`c${number}`);
          await applyObjects(plane.client, agentObjects());
          const joined = await joinChild(parent, plane, specOf(number), folder);
          stack.defer(() => joined.stop());
          return { plane, fleetChild: joined.fleetChild };
        }),
      );
      for (const { plane, fleetChild } of joined) {
        planes.push(plane);
        children.push(fleetChild);
      }
    }
    const owned = stack.move();
    return {
      parent,
      children,
      strike: async (victim, number, goneMs) => {
        const child = children[number % clusters];
        switch (victim) {
          case 'hub':
            await hub.stop('SIGKILL');
            await sleep(goneMs);
            hub = await startHub();
            return;
          case 'agent':
            await child?.agent.stop('SIGKILL');
            await sleep(goneMs);
            await child?.startAgent();
            return;
          case 'apiserver':
            await breakApi([parent, ...planes][number % (clusters + 1)] ?? parent, goneMs);
        }
      },
      [Symbol.asyncDispose]: async () => {
        for (const { agent } of children) await agent.stop('SIGKILL');
        await owned.disposeAsync();
      },
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function specOf(number: number): ChildSpec {
  const groups = groupsOf(number).map((group): [string, string] => [`chaos-${group}`, 'yes']);
  const mode = MODES[number % MODES.length] ?? MODES[0];
  return { name: `c${number}`, ...mode, labels: Object.fromEntries(groups) };
}

/** A real API server is killed and started anew; one that keeps all in memory goes out of reach instead. */
async function breakApi(plane: DoorPlane, goneMs: number): Promise<void> {
  if (plane.killApi === undefined) {
    await plane.shut();
    await sleep(goneMs);
    await plane.open();
    return;
  }
  const startAgain = await plane.killApi();
  await sleep(goneMs);
  await startAgain();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
