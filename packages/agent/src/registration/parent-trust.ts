import { createKubeClient, isApiError } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { createProxyDial } from '@clusternet/client/proxy';
import { createTransport } from '@clusternet/client/undici';
import { parseKubeconfig } from '@clusternet/client/kubeconfig';
import { hashPublicKey, parseCertificates } from '@clusternet/pki';
import { errorText } from '@clusternet/runtime';
import { AgentError } from '../errors.ts';
import type { AgentOptions } from '../options.ts';

/** How the parent's certificate is checked. Neither: by the system's store. */
export type ParentTrust = Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>;

/**
 * Finds out whom to trust at first contact: a CA given by hand, a CA that the parent publishes and whose hash
 * was given by hand, anybody if so told, else the system's store.
 *
 * @throws {AgentError} `UNTRUSTED_PARENT` when the published CA is not the one with the hash
 */
export async function getParentTrust(options: AgentOptions, signal: AbortSignal): Promise<ParentTrust> {
  if (options.parentCaPem !== undefined) return { caPem: options.parentCaPem };
  if (options.parentCaHash !== undefined)
    return { caPem: await fetchPinnedCa(options, options.parentCaHash, signal) };
  return options.isInsecure ? { insecureSkipVerify: true } : {};
}

/** The text of an error at first contact; one of trust also says which flags help. */
export function explainFirstContact(error: unknown): string {
  const help = isApiError(error, 'UNTRUSTED_CERTIFICATE')
    ? '; --cluster-reg-parent-ca-file or --cluster-reg-parent-ca-hash names the CA to trust'
    : '';
  return `${errorText(error)}${help}`;
}

/** Reads `kube-public/cluster-info` without trust, and trusts it when the hash is right, as kubeadm does. */
async function fetchPinnedCa(
  { parentUrl, parentProxy }: AgentOptions,
  hash: string,
  signal: AbortSignal,
): Promise<string> {
  await using transport = createTransport({
    server: parentUrl,
    name: 'parent',
    insecureSkipVerify: true,
    ...(parentProxy === undefined ? {} : { dial: createProxyDial(parentProxy) }),
  });
  const path = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
  const untrusted = (problem: string, cause?: unknown): AgentError =>
    new AgentError(
      'UNTRUSTED_PARENT',
      `the parent ${parentUrl} ${problem}; give its CA with --cluster-reg-parent-ca-file`,
      { cause },
    );
  let caPem: string | undefined;
  try {
    const what = 'get ConfigMap kube-public/cluster-info';
    const info = await createKubeClient(transport).rawJson({ method: 'GET', path, what }, signal);
    const { data } = info as { readonly data?: { readonly kubeconfig?: string } };
    caPem = parseInfo(data?.kubeconfig ?? '');
  } catch (error) {
    throw untrusted(`does not publish its CA in kube-public/cluster-info (${errorText(error)})`, error);
  }
  const [certificate] = parseCertificates(caPem ?? '');
  const found = certificate === undefined ? 'none' : hashPublicKey(certificate);
  if (caPem === undefined || found !== hash)
    throw untrusted(`publishes a CA with the hash ${found}, not ${hash}`);
  return caPem;
}

/** The kubeconfig in cluster-info has a cluster and no context. */
function parseInfo(text: string): string | undefined {
  const withContext = text.replace(/^(current-context|contexts|users):.*$/gm, '');
  return parseKubeconfig(
    `${withContext}\ncurrent-context: info\ncontexts: [{name: info, context: {cluster: ""}}]\n`,
    { path: 'cluster-info' },
  ).caPem;
}
