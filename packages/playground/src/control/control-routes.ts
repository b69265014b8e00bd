import { PlaygroundError } from '../errors.ts';
import type { FaultSettings } from '../faults/fault-settings.ts';
import type { ClusterStatus } from '../fleet/cluster-status.ts';
import type { Fleet } from '../fleet/create-fleet.ts';

/** Carries an order out; what comes back is sent as JSON, what is thrown as its message. */
export type ControlRoutes = (method: string, path: string, body: unknown) => Promise<unknown>;

/** What `GET /status` answers. */
export interface PlaygroundStatus {
  readonly name: string;
  readonly pid: number;
  /** Whether all clusters have been started. */
  readonly isUp: boolean;
  readonly directory: string;
  readonly clusters: readonly ClusterStatus[];
}

/** What `POST /clusters/NAME/faults` takes. */
export interface FaultOrder {
  readonly settings?: FaultSettings;
  /** Ends watches now. */
  readonly dropWatches?: 'close' | 'cut';
}

export interface ControlRouteDeps {
  readonly fleet: Fleet;
  readonly describe: () => Omit<PlaygroundStatus, 'clusters'>;
  /** Ends the playground; resolves when all clusters have stopped. */
  readonly stop: () => Promise<void>;
  /** Aborts when the playground ends. */
  readonly signal: AbortSignal;
}

/** What a running playground can be told. */
export function createControlRoutes(deps: ControlRouteDeps): ControlRoutes {
  const { fleet, describe, stop, signal } = deps;
  return async (method, path, body) => {
    if (method === 'GET' && path === '/status') return { ...describe(), clusters: await fleet.status() };
    if (method === 'GET' && path === '/ping') return {};
    if (method === 'POST' && path === '/down') return stop();
    const [, encoded = '', action = ''] = /^\/clusters\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
    const name = decodeURIComponent(encoded);
    const order = `${method} ${action}`;
    switch (order) {
      case 'GET kubeconfig':
        return { kubeconfig: await fleet.get(name).kubeconfig() };
      case 'POST freeze':
        fleet.get(name).freeze();
        return undefined;
      case 'POST thaw':
        fleet.get(name).thaw();
        return undefined;
      case 'POST kill':
        return fleet.get(name).kill();
      case 'POST restart':
        return fleet.get(name).restart(signal);
      case 'POST faults':
        return orderFaults(fleet, name, body as FaultOrder); // from the same version of this program: see PROTOCOL
      default:
        throw new PlaygroundError('INVALID_REQUEST', `${method} ${path} is nothing that a playground does`);
    }
  };
}

function orderFaults(fleet: Fleet, name: string, { settings, dropWatches }: FaultOrder): { dropped: number } {
  const cluster = fleet.get(name);
  if (settings !== undefined) cluster.setFaults(settings);
  return { dropped: dropWatches === undefined ? 0 : cluster.dropWatches(dropWatches) };
}
