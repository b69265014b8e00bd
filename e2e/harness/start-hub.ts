import { join, resolve } from 'node:path';
import { API_VERSIONS } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { applyObjects, readObjects } from './apply-files.ts';
import { startProcess } from './child-process.ts';
import type { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { formatKubeconfig } from './plane.ts';
import type { Plane } from './plane.ts';
import { freePorts } from './ports.ts';
import { writeSecretFile } from './secret-file.ts';
import { requestToken } from './service-account-token.ts';

const PROGRAM = resolve(import.meta.dirname, '../../apps/hub/dist/clusternet-hub.js');
const SYSTEM = 'clusternet-system';

/** A parent in which hubs may start, behind one Service. */
export interface HubInstallation {
  /** Starts a hub as the service account of hubs; it need not be ready yet. */
  startReplica(name: string, port: number, flags?: readonly string[]): Promise<RunningProcess>;
}

/** Installs CRDs, roles and the APIServices, and starts a hub. */
export async function startHub(
  parent: Plane,
  folder: string,
  flags: readonly string[] = [],
): Promise<RunningProcess> {
  const [port = 0] = await freePorts(1);
  const installation = await installHub(parent, folder, port);
  const hub = await installation.startReplica('hub', port, flags);
  await hubServes(parent, hub);
  return hub;
}

/** Waits until the parent passes requests on to hubs. */
export async function hubServes(parent: Plane, hub: RunningProcess): Promise<void> {
  await eventually('the hub to serve proxies.clusternet.io through the parent', async () => {
    if (hub.exitCode() !== undefined) throw new Error(`the hub ended: ${hub.tail()}`);
    const path = `/apis/${API_VERSIONS.proxies}`;
    return parent.client.rawJson({ method: 'GET', path, what: 'discover proxies' });
  });
}

/** Installs what hubs need in a parent. @param servicePort - where the parent looks for them, on this machine */
export async function installHub(
  parent: Plane,
  folder: string,
  servicePort: number,
): Promise<HubInstallation> {
  const { client } = parent;
  // The embedded control plane has no flow control: nothing there waits for a seat.
  const isServed = ({ apiVersion }: KubeObject): boolean =>
    parent.kind === 'real' || !apiVersion.startsWith('flowcontrol.');
  const objects = readObjects('deploy/hub').filter(isServed);
  await applyObjects(client, [
    ...objects.flatMap((object) => standIn(object, servicePort)),
    ...readObjects('manifests/samples'),
  ]);
  const kubeconfig = writeSecretFile(
    folder,
    'hub.kubeconfig',
    formatKubeconfig({
      name: 'parent',
      server: parent.server,
      caPem: parent.caPem,
      user: { token: await requestToken(client, SYSTEM, 'clusternet-hub') },
    }),
  );
  return {
    startReplica: (name, port, flags = []) =>
      startProcess({
        name,
        command: process.execPath,
        args: [
          PROGRAM,
          `--kubeconfig=${kubeconfig}`,
          '--bind-address=127.0.0.1',
          `--secure-port=${port}`,
          '--health-port=0',
          '--peer-port=0',
          '--v=4',
          ...flags,
        ],
        logFile: join(folder, `${name}.log`),
      }),
  };
}

/** Hubs are processes of this machine: what would run them in the parent, and how it finds them, is not as deployed. */
export function standIn(object: KubeObject, port: number): KubeObject[] {
  const spec = object['spec'] as Record<string, unknown>;
  switch (object.kind) {
    case 'Deployment':
      return [];
    case 'Service': {
      const ports = [{ name: 'https', port, protocol: 'TCP' }];
      return [{ ...object, spec: { type: 'ExternalName', externalName: 'localhost', ports } }];
    }
    case 'APIService':
      return [{ ...object, spec: { ...spec, service: { ...(spec['service'] as object), port } } }];
    default:
      return [object];
  }
}
