import { startBalancer } from '../../harness/balancer.ts';
import type { Plane } from '../../harness/plane.ts';

/** A control plane that can be out of reach, as one is whose API server was killed: what is stored stays. */
export interface DoorPlane extends Plane {
  /** Ends every connection, and takes none until it is opened. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** Puts a plane behind a door. The client of the plane itself goes past it. */
export async function putBehindDoor(plane: Plane): Promise<DoorPlane> {
  const ownPort = Number(new URL(plane.server).port);
  let balancer = await startBalancer();
  balancer.setBackends([ownPort]);
  const { port } = balancer;
  const server = `https://127.0.0.1:${port}`;
  return {
    ...plane,
    server,
    connection: { ...plane.connection, server },
    kubeconfig: plane.kubeconfig.replaceAll(plane.server, server),
    shut: async () => {
      await balancer[Symbol.asyncDispose]();
    },
    open: async () => {
      balancer = await startBalancer(port);
      balancer.setBackends([ownPort]);
    },
    [Symbol.asyncDispose]: async () => {
      await balancer[Symbol.asyncDispose]();
      await plane[Symbol.asyncDispose]();
    },
  };
}
