import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from './child-process.ts';
import { clustersOf, joinChild } from './join-child.ts';
import type { ChildSpec, FleetChild } from './join-child.ts';
import { startNode } from './node.ts';
import type { Plane } from './plane.ts';
import { startHub } from './start-hub.ts';
import { startPlane } from './start-plane.ts';
import type { PlaneKind } from './start-plane.ts';

export interface FleetOptions {
  readonly on: PlaneKind;
  readonly children: readonly ChildSpec[];
  readonly onProgress?: (text: string) => void;
  /** Starts what serves in the parent. @default one hub */
  readonly startHub?: (parent: Plane, folder: string) => Promise<RunningProcess>;
}

/** A parent with a hub, and joined children with agents and a simulated node each. */
export interface Fleet extends AsyncDisposable {
  readonly parent: Plane;
  readonly hub: RunningProcess;
  readonly folder: string;
  readonly children: readonly FleetChild[];
  readonly clusters: ReturnType<typeof clustersOf>;
  child(name: string): FleetChild;
}

/** Starts everything and waits until every child is ready. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { on, onProgress = () => undefined } = options;
  const folder = mkdtempSync(join(tmpdir(), 'clusternet-fleet-'));
  const stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    onProgress(`starting ${options.children.length + 1} ${on} control planes`);
    const [parent, ...planes] = await Promise.all(
      ['parent', ...options.children.map(({ name }) => name)].map(async (name) => {
        const plane = await startPlane(on, name);
        stack.use(plane);
        return plane;
      }),
    );
    if (parent === undefined) throw new Error('no parent was started');
    for (const plane of planes) stack.use(startNode(plane));
    onProgress('installing Clusternet in the parent');
    const hub = await (options.startHub ?? startHub)(parent, folder);
    stack.use(hub);
    onProgress(`joining ${options.children.map(({ name }) => name).join(' and ')}`);
    const children = await Promise.all(
      options.children.map(async (spec, index) => {
        const plane = planes[index];
        if (plane === undefined) throw new Error(`no plane for ${spec.name}`);
        const child = await joinChild(parent, plane, spec, folder);
        stack.defer(() => child.stop());
        return child.fleetChild;
      }),
    );
    const owned = stack.move();
    return {
      parent,
      hub,
      folder,
      children,
      clusters: clustersOf(parent.client),
      child: (name) => {
        const found = children.find(({ spec }) => spec.name === name);
        if (found === undefined) throw new Error(`there is no child ${name}`);
        return found;
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
