import type { ClusterRegistrationRequest } from '@clusternet/api-types';
import { isApiError } from '@clusternet/client';
import { objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { errorText } from '@clusternet/runtime';
import type { Attempt } from './attempt.ts';
import type { Finding } from './finding.ts';

/** Whether the parent answers, and knows who asks. */
export function judgeParent(server: string, version: Attempt<string>): Finding {
  const check = 'parent';
  if (version.kind === 'found')
    return { check, level: 'ok', says: `${server} answers, Kubernetes ${version.value}` };
  const { error } = version;
  const says = errorText(error);
  if (isApiError(error, 'UNAUTHORIZED'))
    return {
      check,
      level: 'fail',
      says: `${server} does not take your login, which has run out or was never one of its own`,
      mend: 'kubectl config view --minify   # log in anew to get another for this user',
    };
  if (isApiError(error, 'UNTRUSTED_CERTIFICATE'))
    return {
      check,
      level: 'fail',
      says,
      mend: 'kubectl config set-cluster NAME --certificate-authority=FILE --embed-certs',
    };
  return {
    check,
    level: 'fail',
    says,
    mend: 'kubectl config get-contexts   # choose a parent with --context',
  };
}

/** Whether the kinds of Clusternet are installed. @param missing - API versions that the parent does not serve */
export function judgeKinds(missing: Attempt<readonly string[]>): Finding {
  const check = 'kinds';
  if (missing.kind === 'failed') return { check, level: 'skip', says: errorText(missing.error) };
  if (missing.value.length === 0)
    return { check, level: 'ok', says: 'the kinds of Clusternet are installed' };
  return {
    check,
    level: 'fail',
    says: `the parent does not serve ${missing.value.join(' and ')}`,
    mend: 'kubectl apply -f deploy/hub',
  };
}

export interface ApiServiceEvidence {
  /** `VERSION.GROUP` */
  readonly name: string;
  /** What does not work without it. */
  readonly purpose: string;
  /** Its own discovery: what counts in the end. */
  readonly served: Attempt<readonly string[]>;
  readonly object: Attempt<JsonObject>;
}

/** Whether kube-apiserver hands requests on to the hub. */
export function judgeApiService({ name, purpose, served, object }: ApiServiceEvidence): Finding {
  const check = `apiservice ${name}`;
  if (served.kind === 'found' && served.value.length > 0) {
    const isBlind =
      object.kind === 'found' && objectAt(object.value, 'spec')?.['insecureSkipTLSVerify'] === true;
    if (!isBlind)
      return { check, level: 'ok', says: `the hub serves ${served.value.length} kinds of resources there` };
    return {
      check,
      level: 'warn',
      says: 'it works, but kube-apiserver does not verify that it is the hub who answers (insecureSkipTLSVerify)',
      mend: `kubectl patch apiservice ${name} --type=json -p '[{"op":"remove","path":"/spec/insecureSkipTLSVerify"}]'`,
    };
  }
  if (served.kind === 'found')
    return {
      check,
      level: 'fail',
      says: `the hub serves nothing there, so ${purpose} does not work; a feature gate may be off`,
      mend: `kubectl -n clusternet-system get deploy clusternet-hub -o yaml | grep feature-gates`,
    };
  if (isApiError(served.error, 'NOT_FOUND'))
    return {
      check,
      level: 'fail',
      says: `it does not exist, so ${purpose} does not work`,
      mend: 'kubectl apply -f deploy/hub/clusternet_hub_apiservices.yaml',
    };
  if (isApiError(served.error, 'FORBIDDEN')) return { check, level: 'skip', says: errorText(served.error) };
  return {
    check,
    level: 'fail',
    says: `it is not available, so ${purpose} does not work: ${reasonOf(object) ?? errorText(served.error)}`,
    mend: 'kubectl -n clusternet-system get pods,endpoints -l app=clusternet-hub && kubectl -n clusternet-system logs deploy/clusternet-hub',
  };
}

function reasonOf(object: Attempt<JsonObject>): string | undefined {
  if (object.kind === 'failed') return undefined;
  const conditions = objectsAt(objectAt(object.value, 'status'), 'conditions');
  const available = conditions.find((condition) => textAt(condition, 'type') === 'Available');
  return textAt(available, 'status') === 'False' ? textAt(available, 'message') : undefined;
}

/** Whether hubs run. @param liveHubs - that said in time that they are there */
export function judgeHub(deployment: Attempt<JsonObject>, liveHubs: Attempt<number>): Finding {
  const check = 'hub';
  const mend = 'kubectl -n clusternet-system describe deploy,pods -l app=clusternet-hub';
  if (deployment.kind === 'found') {
    const wanted = Number(objectAt(deployment.value, 'spec')?.['replicas'] ?? 1);
    const there = Number(objectAt(deployment.value, 'status')?.['availableReplicas'] ?? 0);
    const says = `${there} of ${wanted} replicas are available`;
    if (there === 0) return { check, level: 'fail', says, mend };
    return there < wanted ? { check, level: 'warn', says, mend } : { check, level: 'ok', says };
  }
  if (!isApiError(deployment.error, 'NOT_FOUND'))
    return { check, level: 'skip', says: errorText(deployment.error) };
  if (liveHubs.kind === 'found' && liveHubs.value > 0)
    return { check, level: 'ok', says: `${liveHubs.value} run outside of the cluster` };
  return {
    check,
    level: 'warn',
    says: 'there is no Deployment clusternet-system/clusternet-hub; it may run elsewhere',
    mend: 'kubectl apply -f deploy/hub',
  };
}

/** Something that a person may do or not. */
export interface Right {
  /** What it is for. */
  readonly purpose: string;
  readonly isAllowed: boolean;
  /** @param subject - `--user=NAME` */
  readonly mend: (subject: string) => string;
}

/** What you may do, and whom an administrator would have to help to what. */
export function judgeRights(user: string, rights: Attempt<readonly Right[]>): Finding[] {
  const check = 'rights';
  if (rights.kind === 'failed') return [{ check, level: 'skip', says: errorText(rights.error) }];
  const who = user === '' ? 'you' : user;
  const lacking = rights.value.filter(({ isAllowed }) => !isAllowed);
  if (lacking.length === 0)
    return [
      { check, level: 'ok', says: `${who} may ${rights.value.map(({ purpose }) => purpose).join(', ')}` },
    ];
  const subject = `--user=${user === '' ? 'NAME' : shellQuote(user)}`;
  return lacking.map(({ purpose, mend }) => ({
    check,
    level: 'warn',
    says: `${who} may not ${purpose}`,
    mend: mend(subject),
  }));
}

function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Who waits to be let in. */
export function judgeRequests(
  requests: Attempt<readonly ClusterRegistrationRequest[]>,
  program: string,
): Finding[] {
  const check = 'requests';
  if (requests.kind === 'failed') return [{ check, level: 'skip', says: errorText(requests.error) }];
  const waiting = requests.value.filter(({ status }) => (status?.result ?? '') === '');
  return waiting.map(({ metadata, spec }) => ({
    check,
    level: 'warn',
    says: `cluster ${spec?.clusterName ?? ''} waits to be let in`,
    mend: `${program} accept ${metadata.name ?? ''}`,
  }));
}
