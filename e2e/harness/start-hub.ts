import { join, resolve } from 'node:path';
import { API_VERSIONS } from '@clusternet/api-types';
import type { KubeObject } from '@clusternet/kube-data';
import { createCa, issueCertificate } from '@clusternet/pki';
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
const HUB_HOST = 'clusternet-hub.clusternet-system.svc';

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
  const ca = await createCa({ commonName: 'clusternet-hub-ca' });
  const serving = await issueCertificate(ca, {
    commonName: HUB_HOST,
    usage: 'server',
    dnsNames: [HUB_HOST, 'localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  // The embedded control plane has no flow control: nothing there waits for a seat.
  const isServed = ({ apiVersion }: KubeObject): boolean =>
    parent.kind === 'real' || !apiVersion.startsWith('flowcontrol.');
  await applyObjects(client, [
    ...readObjects('manifests/crds'),
    // APIServices are made below, for this machine.
    ...readObjects('deploy/hub').filter((object) => isServed(object) && object.kind !== 'APIService'),
    ...readObjects('manifests/samples'),
    ...hubService(servicePort, ca.certPem),
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
  const certFile = writeSecretFile(folder, 'hub.crt', serving.certPem);
  const keyFile = writeSecretFile(folder, 'hub.key', serving.keyPem);
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
          `--tls-cert-file=${certFile}`,
          `--tls-private-key-file=${keyFile}`,
          '--health-port=0',
          '--peer-port=0',
          '--v=4',
          ...flags,
        ],
        logFile: join(folder, `${name}.log`),
      }),
  };
}

function hubService(port: number, caPem: string): KubeObject[] {
  const apiService = (group: string, groupPriorityMinimum: number): KubeObject => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1alpha1.${group}` },
    spec: {
      group,
      version: 'v1alpha1',
      groupPriorityMinimum,
      versionPriority: 100,
      caBundle: Buffer.from(caPem).toString('base64'),
      service: { namespace: SYSTEM, name: 'clusternet-hub', port },
    },
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: SYSTEM, name: 'clusternet-hub' },
      spec: {
        type: 'ExternalName',
        externalName: 'localhost',
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    },
    apiService('proxies.clusternet.io', 1000),
    apiService('shadow', 1),
  ];
}
