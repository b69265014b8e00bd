import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient } from '@clusternet/client';
import { createTransport } from '@clusternet/client/undici';
import { createCa, issueCertificate } from '@clusternet/pki';
import { AUDIT_POLICY, recordFolder, saveAuditRecord } from './audit-record.ts';
import { startProcess } from './child-process.ts';
import type { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { formatKubeconfig } from './plane.ts';
import type { Plane } from './plane.ts';
import { freePorts } from './ports.ts';

/** Controllers that a plane without real nodes has no use for. */
const CONTROLLERS_OFF = [
  'node-ipam-controller',
  'node-route-controller',
  'persistentvolume-attach-detach-controller',
  'persistentvolume-binder-controller',
  'ttl-after-finished-controller',
];

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on loopback with a PKI of their own. Everything
 * lives in one temporary folder that goes with the plane.
 *
 * @param assets - path of each program by name
 */
export async function startRealPlane(name: string, assets: ReadonlyMap<string, string>): Promise<Plane> {
  const folder = mkdtempSync(join(tmpdir(), `clusternet-${name}-`));
  const [clientPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const server = `https://127.0.0.1:${apiPort}`;
  const write = (file: string, text: string): string => {
    const path = join(folder, file);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const [ca, frontCa] = await Promise.all([
    createCa({ commonName: 'kubernetes' }),
    createCa({ commonName: 'front-proxy' }),
  ]);
  const [serving, admin, front, manager, kubeletClient] = await Promise.all([
    issueCertificate(ca, {
      commonName: 'kube-apiserver',
      usage: 'server',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '10.96.0.1'],
    }),
    issueCertificate(ca, {
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      usage: 'client',
    }),
    issueCertificate(frontCa, { commonName: 'front-proxy-client', usage: 'client' }),
    issueCertificate(ca, { commonName: 'system:kube-controller-manager', usage: 'client' }),
    issueCertificate(ca, {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      usage: 'client',
    }),
  ]);
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const caFile = write('ca.crt', ca.certPem);
  const accountKey = write('sa.key', keys.privateKey.export({ type: 'sec1', format: 'pem' }).toString());
  const accountPublic = write('sa.pub', keys.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const managerConfig = write(
    'controller-manager.conf',
    formatKubeconfig({ name, server, caPem: ca.certPem, user: manager }),
  );

  const auditLog = join(folder, 'audit.log');
  const auditFlags =
    recordFolder === undefined
      ? []
      : [`--audit-policy-file=${write('audit-policy.yaml', AUDIT_POLICY)}`, `--audit-log-path=${auditLog}`];

  const start = (program: string, args: readonly string[]): Promise<RunningProcess> =>
    startProcess({
      name: `${program} of ${name}`,
      command: assets.get(program) ?? program,
      args,
      env: { HOME: folder },
      logFile: join(folder, `${program}.log`),
    });
  const startApi = (): Promise<RunningProcess> =>
    start('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${clientPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      `--tls-cert-file=${write('apiserver.crt', serving.certPem)}`,
      `--tls-private-key-file=${write('apiserver.key', serving.keyPem)}`,
      `--client-ca-file=${caFile}`,
      '--authorization-mode=RBAC',
      '--enable-bootstrap-token-auth=true',
      '--allow-privileged=true',
      '--service-cluster-ip-range=10.96.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${accountKey}`,
      `--service-account-key-file=${accountPublic}`,
      `--requestheader-client-ca-file=${write('front-ca.crt', frontCa.certPem)}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${write('front.crt', front.certPem)}`,
      `--proxy-client-key-file=${write('front.key', front.keyPem)}`,
      `--kubelet-client-certificate=${write('kubelet-client.crt', kubeletClient.certPem)}`,
      `--kubelet-client-key=${write('kubelet-client.key', kubeletClient.keyPem)}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--enable-aggregator-routing=false',
      '--endpoint-reconciler-type=none',
      ...auditFlags,
    ]);

  const processes: RunningProcess[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop('SIGKILL')));
    saveAuditRecord(auditLog, name);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    processes.push(
      await start('etcd', [
        `--data-dir=${join(folder, 'etcd')}`,
        '--unsafe-no-fsync',
        `--listen-client-urls=http://127.0.0.1:${clientPort}`,
        `--advertise-client-urls=http://127.0.0.1:${clientPort}`,
        `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
        `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
        '--log-level=warn',
      ]),
    );
    let api = await startApi();
    processes.push(api);
    const connection = { name, server, caPem: ca.certPem, certPem: admin.certPem, keyPem: admin.keyPem };
    const transport = createTransport(connection);
    const client = createKubeClient(transport);
    await eventually(
      `kube-apiserver of ${name} to be ready`,
      async () => {
        if (api.exitCode() !== undefined) throw new Error(`it ended: ${api.tail().slice(-1500)}`);
        return client.raw({ method: 'GET', path: '/readyz', what: 'get readyz', accept: '*/*' });
      },
      { timeoutMs: 60_000, intervalMs: 100 },
    );
    processes.push(
      await start('kube-controller-manager', [
        `--kubeconfig=${managerConfig}`,
        `--service-account-private-key-file=${accountKey}`,
        `--root-ca-file=${caFile}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        '--secure-port=0',
        '--use-service-account-credentials=true',
        `--controllers=*,bootstrap-signer-controller,${CONTROLLERS_OFF.map((controller) => `-${controller}`).join(',')}`,
      ]),
    );
    return {
      name,
      kind: 'real',
      server,
      caPem: ca.certPem,
      connection,
      client,
      kubeconfig: formatKubeconfig({ name, server, caPem: ca.certPem, user: admin }),
      killApi: async () => {
        await api.stop('SIGKILL');
        return async () => {
          api = await startApi();
          processes.push(api);
        };
      },
      [Symbol.asyncDispose]: async () => {
        await transport[Symbol.asyncDispose]();
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
