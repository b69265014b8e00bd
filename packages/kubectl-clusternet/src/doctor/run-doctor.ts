import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, createKubeClient, findCluster } from '@clusternet/client';
import type { ConnectionConfig, KubeClient, Transport } from '@clusternet/client';
import { decodeBase64, decodeUtf8, objectAt, stringifyJson, textAt } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import { openCluster } from '../across/open-cluster.ts';
import { runBounded } from '../across/run-bounded.ts';
import type { Kubectl } from '../kubectl/run-kubectl.ts';
import { attempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import type { Finding } from './finding.ts';
import { formatFindings } from './format-findings.ts';
import { gatherParent, gatherVersion } from './gather-parent.ts';
import type { ParentEvidence } from './gather-parent.ts';
import { gatherRights, gatherUser } from './gather-rights.ts';
import { judgeExpiry, readCertificateEnd, readTokenEnd } from './judge-certificates.ts';
import { judgeCluster } from './judge-cluster.ts';
import { judgeKubectl, readKubectlVersion } from './judge-kubectl.ts';
import {
  judgeApiService,
  judgeHub,
  judgeKinds,
  judgeParent,
  judgeRequests,
  judgeRights,
} from './judge-parent.ts';
import type { DoctorRequest } from './read-doctor-request.ts';

export interface DoctorDeps {
  readonly kubectl: Pick<Kubectl, 'ask'>;
  readonly program: string;
  readonly transport: Transport;
  /** To the parent, for what it shows there. */
  readonly connection: ConnectionConfig;
  readonly out: (text: string) => void;
  readonly nowMs: number;
}

/** Clusters looked at one time. */
const PARALLEL = 16;

/** Looks at everything between a person and what runs in clusters. @returns 0 when nothing is broken, else 1 */
export async function runDoctor(
  deps: DoctorDeps,
  request: DoctorRequest,
  signal: AbortSignal,
): Promise<number> {
  const findings = await examine(deps, request.cluster, signal);
  deps.out(request.isJson ? `${stringifyJson(findings, 2)}\n` : formatFindings(findings));
  return findings.some(({ level }) => level === 'fail') ? 1 : 0;
}

async function examine(deps: DoctorDeps, word: string | undefined, signal: AbortSignal): Promise<Finding[]> {
  const { connection, kubectl, nowMs, program, transport } = deps;
  const client = createKubeClient(transport);
  const version = await gatherVersion(client, signal);
  const user = await gatherUser(client, signal);
  // /version is open to everybody: it is the other one that a login counts for.
  const refused = user.kind === 'failed' && user.error.code === 'UNAUTHORIZED' ? user : version;
  const own = readKubectlVersion((await kubectl.ask(['version', '--client', '--output=json'])).stdout);
  const first = [
    judgeKubectl(own, version.kind === 'found' ? version.value : ''),
    judgeParent(connection.server, refused),
    ...(await judgeLogin(connection, nowMs, signal)),
  ];
  if (refused.kind === 'failed') return first; // nothing else could be known
  const [parent, rights, clusters] = await Promise.all([
    gatherParent(client, nowMs, signal),
    gatherRights(client, signal),
    attempt(
      'list clusters',
      signal,
      async (limited) =>
        (await client.resource<ManagedCluster>(clusternetRef('ManagedCluster')).list({}, limited)).items,
    ),
  ]);
  return [
    ...first,
    judgeKinds(parent.missingKinds),
    judgeHub(parent.hub, parent.liveHubs),
    ...parent.apiServices.map((each) => judgeApiService(each)),
    ...judgeServing(parent, nowMs),
    ...judgeRights(user.kind === 'found' ? user.value : '', rights),
    ...judgeRequests(parent.requests, program),
    ...(await examineClusters(deps, clusters, word, signal)),
  ];
}

async function judgeLogin(
  connection: ConnectionConfig,
  nowMs: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { authorization } = ((await connection.getHeaders?.(signal)) ?? {}) as Record<
    string,
    string | undefined
  >;
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  const ends = [
    [
      'your client certificate',
      connection.certPem === undefined ? undefined : readCertificateEnd(connection.certPem),
    ],
    ['your token', token === undefined ? undefined : readTokenEnd(token)],
  ] as const;
  return ends.flatMap(([what, endsMs]) =>
    endsMs === undefined
      ? []
      : [
          judgeExpiry(
            { check: 'login', what, endsMs, mend: 'kubectl config view --minify   # log in anew' },
            nowMs,
          ),
        ],
  );
}

/** Of a hub that makes its own certificate, and of the authority that kube-apiserver verifies hubs by. */
function judgeServing({ serving, apiServices }: ParentEvidence, nowMs: number): Finding[] {
  const pemOf = (base64: string): string => decodeUtf8(decodeBase64(base64));
  const own = serving.kind === 'found' ? textAt(objectAt(serving.value, 'data'), 'tls.crt') : '';
  const bundles = apiServices.map(({ object }) =>
    object.kind === 'found' ? textAt(objectAt(object.value, 'spec'), 'caBundle') : '',
  );
  const ends = [
    ['the certificate of the hub', readCertificateEnd(pemOf(own))],
    ...[...new Set(bundles)].map((pem) => ['the authority of hubs', readCertificateEnd(pemOf(pem))] as const),
  ] as const;
  const mend =
    'kubectl -n clusternet-system rollout restart deploy/clusternet-hub   # hubs renew both themselves';
  return ends.flatMap(([what, endsMs]) =>
    endsMs === undefined ? [] : [judgeExpiry({ check: 'certificate', what, endsMs, mend }, nowMs)],
  );
}

async function examineClusters(
  { program, transport, nowMs }: DoctorDeps,
  clusters: Attempt<readonly ManagedCluster[]>,
  word: string | undefined,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (clusters.kind === 'failed')
    return [{ check: 'clusters', level: 'skip', says: errorText(clusters.error) }];
  const chosen = word === undefined ? clusters.value : [findCluster(word, clusters.value)];
  if (chosen.length === 0)
    return [
      {
        check: 'clusters',
        level: 'warn',
        says: 'no cluster has joined yet',
        mend: `${program} join NAME | kubectl --context=CHILD apply -f -`,
      },
    ];
  const found = new Map<ManagedCluster, Finding[]>();
  await runBounded(chosen, PARALLEL, async (cluster) => {
    const label = cluster.metadata.name ?? '';
    const child: KubeClient = openCluster(transport, { label, clusterId: cluster.spec?.clusterId ?? '' });
    const [version, user] = await Promise.all([gatherVersion(child, signal), gatherUser(child, signal)]);
    found.set(cluster, judgeCluster({ label, cluster, version, user }, nowMs, program));
  });
  return chosen.flatMap((cluster) => found.get(cluster) ?? []);
}
