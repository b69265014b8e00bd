import {
  createApiHandler,
  createApiRegistry,
  createGroupAuthorizer,
  createMemoryStorage,
  createPathAuthorizer,
  createUnionAuthorizer,
  startApiServer,
  writeJson,
} from '@clusternet/apiserver';
import type { Admission, ApiHandler, RegistryDeps, WatchServing } from '@clusternet/apiserver';
import { cloneJson } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { issueCertificate } from '@clusternet/pki';
import { silentLogger, systemClock, systemRandom } from '@clusternet/runtime';
import type { Clock, Logger, Random } from '@clusternet/runtime';
import { registerLocalServices } from '../aggregation/register-local-services.ts';
import { startAggregation } from '../aggregation/start-aggregation.ts';
import { startControllers } from '../controllers/start-controllers.ts';
import { startCustomResources } from '../crds/start-custom-resources.ts';
import { createFaults } from '../faults/create-faults.ts';
import type { Faults } from '../faults/create-faults.ts';
import { loadBuiltInApi } from '../load-built-in-api.ts';
import { decodeEnvelope, PROTOBUF_TYPE } from '../protobuf/decode-envelope.ts';
import { createEscalationCheck } from '../rbac/escalation.ts';
import { createRbac } from '../rbac/rbac-authorizer.ts';
import { createReviewAnswers } from '../reviews/reviews.ts';
import { createTokenIssuer } from '../tokens/token-issuer.ts';
import { createWebhookAdmission } from '../webhooks/webhook-admission.ts';
import { createPlaneAuthenticator, createTokenCheck } from './authentication.ts';
import { createFirstObjects, createServingObjects } from './bootstrap-objects.ts';
import type { BootstrapObject } from './bootstrap-objects.ts';
import { createPlaneCertificates, FRONT_PROXY_NAME, ADMIN_NAME } from './certificates.ts';
import type { PlaneCertificates } from './certificates.ts';
import { createDisposals } from './dispose-all.ts';
import type { Disposals } from './dispose-all.ts';
import { installBuiltIn } from './install-built-in.ts';
import { refuseLeftOut } from './left-out.ts';
import { createLocalApi } from './local-api.ts';
import type { LocalApi } from './local-api.ts';
import { createNamespaceLifecycle } from './namespace-lifecycle.ts';
import { createObjectCountQuota } from './object-count-quota.ts';
import { createPodStreams } from './pod-streams.ts';
import { createCustomSubresources } from './subresources.ts';
import { createSystemContext } from './system-context.ts';
import { writeKubeconfig } from './write-kubeconfig.ts';

export interface ControlPlaneOptions {
  /** Names the cluster in kubeconfigs and logs. @default 'playground' */
  readonly name?: string;
  /** Loopback address. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** @default silent */
  readonly log?: Logger;
  /** @default the machine's */
  readonly clock?: Clock;
  /** @default the machine's */
  readonly random?: Random;
  /** Changes remembered per kind before watches get 410. @default 1024 */
  readonly historyLimit?: number;
  /** Time between watch bookmarks, ms. @default 60000 */
  readonly bookmarkIntervalMs?: number;
  /** That of an earlier plane on the same host: kubeconfigs and client certificates from it stay valid. @default new */
  readonly identity?: PlaneIdentity;
}

/** The keys and certificates of a plane: nothing to look into, only to hand on. */
export type PlaneIdentity = PlaneCertificates;

/** Whom a kubeconfig is for: a user with a client certificate, or whoever holds a token. */
export type KubeconfigUser =
  | { readonly name: string; readonly groups?: readonly string[] }
  | { readonly name: string; readonly token: string };

/** A Kubernetes API in this process. Disposing it stops everything it runs and frees its port. */
export interface ControlPlane extends AsyncDisposable {
  readonly name: string;
  /** `https://127.0.0.1:port` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** For a plane that is to take the place of this one. */
  readonly identity: PlaneIdentity;
  /** The CA that signed the serving certificate and signs client certificates. */
  readonly caPem: string;
  /** The kubeconfig of `user`, as YAML; of the administrator (group `system:masters`) unless told. */
  kubeconfig(user?: KubeconfigUser): Promise<string>;
  /** Issues a client certificate. */
  issueClientCertificate(user: {
    readonly name: string;
    readonly groups?: readonly string[];
  }): Promise<{ readonly certPem: string; readonly keyPem: string }>;
  /** The stored resources, for seeding and looking without HTTP. */
  readonly api: LocalApi;
  /** Forgets watch history: every older resource version gets 410. */
  compact(): void;
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  /** Ends at once, as when the machine dies: connections are cut, the port is free. Nothing is kept. */
  kill(): Promise<void>;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Starts a Kubernetes control plane in this process, on a loopback port, with everything in memory. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const disposals = createDisposals();
  try {
    return await assemble(options, disposals);
  } catch (error) {
    await disposals[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(options: ControlPlaneOptions, stack: Disposals): Promise<ControlPlane> {
  const {
    name = 'playground',
    host = '127.0.0.1',
    log = silentLogger,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const certificates = options.identity ?? (await createPlaneCertificates(host));
  const builtIn = loadBuiltInApi();
  const storage = createMemoryStorage(
    options.historyLimit === undefined ? {} : { historyLimit: options.historyLimit },
  );
  const registry = createApiRegistry();
  const api = createLocalApi();
  const webhooks = stack.use(createWebhookAdmission({ api, storage, random, log }));
  const admissions: Admission[] = [createNamespaceLifecycle(api), webhooks.mutate];
  const validations: Admission[] = [webhooks.validate];
  const deps: RegistryDeps = {
    storage,
    clock,
    random,
    log,
    admit: inTurn(admissions),
    validate: inTurn(validations),
  };
  const serving: WatchServing = { clock, random, bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000 };
  const issuer = createTokenIssuer(ISSUER);
  const tokenDeps = { api, issuer, clock, random };
  const verifyToken = createTokenCheck(tokenDeps);
  const rbac = stack.use(createRbac(storage));
  const authorize = createUnionAuthorizer([
    createGroupAuthorizer(['system:masters']),
    createPathAuthorizer(['/healthz', '/livez', '/readyz']),
    rbac.authorize,
  ]);
  const reviews = createReviewAnswers({ authorize, rbac, verifyToken, audiences: [ISSUER] });
  const admit = inTurn([deps.admit, inTurn(validations)]);
  const podStreams = createPodStreams({ api, authorize, admit, getClient: certificates.getKubeletClient });
  stack.use({
    [Symbol.asyncDispose]: () => {
      podStreams[Symbol.dispose]();
      return Promise.resolve();
    },
  });
  const subresources = createCustomSubresources({
    api,
    admit,
    tokens: tokenDeps,
    audience: ISSUER,
    podStreams: podStreams.subresources,
  });
  installBuiltIn(builtIn, { deps, serving, registry, api, subresources, reviews, admit });
  await createObjects(api, [...createFirstObjects(), ...listRbac(builtIn.rbac)]);
  await registerLocalServices(api, registry);
  admissions.push(createEscalationCheck(rbac, authorize));
  validations.push(createObjectCountQuota(api));
  stack.use(startCustomResources({ deps, serving, registry, api, builtIn }));

  const { handle, upgrade } = refuseLeftOut(
    createApiHandler(
      { registry, version: builtIn.version },
      {
        paths: new Map([
          ['/openid/v1/jwks', answerWith(() => issuer.keySet)],
          ['/.well-known/openid-configuration', answerWith(() => createOpenIdConfiguration(server.url))],
        ]),
      },
    ),
  );
  const faultSwitch = createFaults({ clock, random });
  const authenticate = createPlaneAuthenticator(clock, certificates, verifyToken, ISSUER);
  const server = await startApiServer(
    {
      begin: faultSwitch.begin,
      authenticate,
      authorize,
      handle: faultSwitch.handle(handle),
      upgrade: faultSwitch.upgrade(upgrade),
      log,
      clock,
      decoders: new Map([[PROTOBUF_TYPE, decodeEnvelope]]),
    },
    {
      host,
      port: options.port ?? 0,
      tls: {
        ...certificates.serving,
        clientCaPem: certificates.ca.certPem + certificates.requestHeaderCa.certPem,
      },
    },
  );
  stack.use(server);
  stack.use(faultSwitch); // goes first: a frozen server would wait for what is frozen
  stack.use(startAggregation({ api, registry, storage, clock, log, frontProxy: certificates.frontProxy }));
  await createObjects(
    api,
    createServingObjects({
      clientCaPem: certificates.ca.certPem,
      requestHeaderCaPem: certificates.requestHeaderCa.certPem,
      frontProxyName: FRONT_PROXY_NAME,
      host,
      port: server.port,
    }),
  );
  stack.use(
    startControllers({ api, storage, clock, random, log, tokens: tokenDeps, caPem: certificates.ca.certPem }),
  );

  const issue: ControlPlane['issueClientCertificate'] = (user) =>
    issueCertificate(certificates.ca, {
      commonName: user.name,
      organizations: user.groups ?? [],
      usage: 'client',
    });
  return {
    name,
    url: server.url,
    host,
    port: server.port,
    identity: certificates,
    caPem: certificates.ca.certPem,
    api,
    issueClientCertificate: issue,
    async kubeconfig(user) {
      const credential =
        user === undefined
          ? { certificate: await certificates.getAdmin() }
          : 'token' in user
            ? { token: user.token }
            : { certificate: await issue(user) };
      return writeKubeconfig({
        clusterName: name,
        userName: user?.name ?? ADMIN_NAME,
        server: server.url,
        caPem: certificates.ca.certPem,
        credential,
      });
    },
    compact: () => storage.compact(),
    faults: faultSwitch.faults,
    async kill() {
      await server.kill();
      await stack[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function inTurn(admissions: readonly Admission[]): Admission {
  return async (request) => {
    for (const admit of admissions) await admit(request);
  };
}

function listRbac(objects: readonly KubeObject[]): BootstrapObject[] {
  return objects.map((object) => ['rbac.authorization.k8s.io', `${object.kind.toLowerCase()}s`, object]);
}

async function createObjects(api: LocalApi, objects: readonly BootstrapObject[]): Promise<void> {
  const context = createSystemContext('kube-apiserver');
  for (const [group, resource, object] of objects) {
    await api.of(group, resource).create(object.metadata.namespace ?? '', cloneJson(object), context);
  }
}

function answerWith(create: () => unknown): ApiHandler {
  return (_request, response) => {
    writeJson(response, 200, create());
    return Promise.resolve();
  };
}

function createOpenIdConfiguration(url: string): Record<string, unknown> {
  return {
    issuer: ISSUER,
    jwks_uri: `${url}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
