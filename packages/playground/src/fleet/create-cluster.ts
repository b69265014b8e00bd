import { errorText } from '@clusternet/runtime';
import { PlaygroundError } from '../errors.ts';
import type { FaultSettings, WatchEnd } from '../faults/fault-settings.ts';
import type { ControlPlane, PlaneIdentity } from '../control-plane/start-control-plane.ts';
import type { ClusterStatus } from './cluster-status.ts';
import { startCluster } from './start-cluster.ts';
import type { ClusterDeps, RunningCluster } from './start-cluster.ts';

/** A cluster that can be started, killed and started again. What it does to itself is done in turn. */
export interface Cluster extends AsyncDisposable {
  readonly name: string;
  /** Resolves when its node is ready. */
  start(signal: AbortSignal): Promise<void>;
  /** Ends it at once and loses what is in it. */
  kill(): Promise<void>;
  /** Kills it if it runs; starts it empty, at the same address and with the same certificates. */
  restart(signal: AbortSignal): Promise<void>;
  freeze(): void;
  thaw(): void;
  setFaults(settings: FaultSettings): void;
  /** @returns how many watches were ended */
  dropWatches(by: WatchEnd): number;
  status(): Promise<ClusterStatus>;
  /** YAML of the administrator's kubeconfig. */
  kubeconfig(): Promise<string>;
}

type State =
  | { readonly kind: 'killed'; readonly last: ControlPlane }
  | { readonly kind: 'running'; readonly running: RunningCluster; readonly sinceMs: number }
  | { readonly kind: 'starting'; readonly last?: ControlPlane };

export interface CreateClusterOptions {
  readonly name: string;
  /** 0 takes a free one, and the same again after a restart. */
  readonly port: number;
  readonly readyDelayMs: number;
}

/** Creates a cluster; nothing runs until it is started. */
export function createCluster(deps: ClusterDeps, options: CreateClusterOptions): Cluster {
  const { name } = options;
  let state: State = { kind: 'starting' };
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work, work);
    turn = done.catch(() => undefined); // whoever asked for it hears of it
    return done;
  };
  const start = async (signal: AbortSignal, last?: ControlPlane): Promise<void> => {
    state = { kind: 'starting', ...(last === undefined ? {} : { last }) };
    const identity: { identity?: PlaneIdentity } = last === undefined ? {} : { identity: last.identity };
    const port = last?.port ?? options.port;
    const running = await startCluster(deps, { ...options, ...identity, port }, signal).catch(
      (error: unknown) => {
        if (last !== undefined) state = { kind: 'killed', last };
        const message = `cluster ${name} did not start: ${errorText(error)}`;
        throw new PlaygroundError('START_FAILED', message, { cause: error });
      },
    );
    state = { kind: 'running', running, sinceMs: deps.clock.monotonicMs() };
  };
  const kill = async (): Promise<void> => {
    if (state.kind !== 'running') return;
    const { running } = state;
    state = { kind: 'killed', last: running.plane };
    await running.kill();
  };
  const getPlane = (): ControlPlane => {
    if (state.kind === 'running') return state.running.plane;
    const message =
      state.kind === 'killed'
        ? `cluster ${name} is killed, with everything that was in it; restart it first`
        : `cluster ${name} is still starting; try again in a moment`;
    throw new PlaygroundError('CLUSTER_KILLED', message);
  };
  return {
    name,
    start: (signal) => inTurn(() => start(signal)),
    kill: () => inTurn(kill),
    restart: (signal) =>
      inTurn(async () => {
        const last = state.kind === 'running' ? state.running.plane : state.last;
        await kill();
        await start(signal, last);
      }),
    freeze: () => getPlane().faults.freeze(),
    thaw: () => getPlane().faults.thaw(),
    setFaults: (settings) => getPlane().faults.set(settings),
    dropWatches: (by) => getPlane().faults.dropWatches({ by }),
    kubeconfig: () => (state.kind === 'killed' ? state.last : getPlane()).kubeconfig(),
    status: () => readStatus(name, state, deps),
    [Symbol.asyncDispose]: () =>
      inTurn(async () => {
        if (state.kind === 'running') await state.running[Symbol.asyncDispose]();
      }),
  };
}

async function readStatus(name: string, state: State, { clock }: ClusterDeps): Promise<ClusterStatus> {
  if (state.kind !== 'running') {
    const url = state.last?.url ?? '';
    return { name, state: state.kind, url, nodes: 0, pods: 0, uptimeMs: 0, waiting: 0, faults: {} };
  }
  const { plane } = state.running;
  const count = async (resource: string): Promise<number> =>
    (await plane.api.of('', resource).list('')).items.length;
  const [nodes, pods] = await Promise.all([count('nodes'), count('pods')]);
  return {
    name,
    state: plane.faults.isFrozen ? 'frozen' : 'ready',
    url: plane.url,
    nodes,
    pods,
    uptimeMs: Math.round(clock.monotonicMs() - state.sinceMs),
    waiting: plane.faults.waiting,
    faults: plane.faults.settings,
  };
}
