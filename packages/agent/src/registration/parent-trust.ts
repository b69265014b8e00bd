import { isApiError } from '@clusternet/client';
import type { ConnectionConfig } from '@clusternet/client';
import { hashPublicKey, parseCertificates } from '@clusternet/pki';
import { errorText } from '@clusternet/runtime';
import { AgentError } from '../errors.ts';
import type { AgentOptions } from '../options.ts';
import { fetchClusterInfo, isBootstrapToken, readPublishedCa, readSignedCa } from './cluster-info.ts';

/** How the parent's certificate is checked. Neither: by the system's store. */
export type ParentTrust = Pick<ConnectionConfig, 'caPem' | 'insecureSkipVerify'>;

/**
 * Finds out whom to trust at first contact: a CA given by hand, a CA that the parent publishes and whose hash was given by
 * hand, one that it publishes and that our bootstrap token signed, anybody if so told, else the system's store.
 *
 * @throws {AgentError} `UNTRUSTED_PARENT` when the published CA is not the one with the hash
 * @see docs/spec/registration.md, "Whom it trusts"
 */
export async function getParentTrust(options: AgentOptions, signal: AbortSignal): Promise<ParentTrust> {
  if (options.parentCaPem !== undefined) return { caPem: options.parentCaPem };
  if (options.parentCaHash !== undefined)
    return { caPem: await fetchPinnedCa(options, options.parentCaHash, signal) };
  const signed = await fetchSignedCa(options, signal);
  if (signed !== undefined) return { caPem: signed };
  return options.isInsecure ? { insecureSkipVerify: true } : {};
}

/** The text of an error at first contact; one of trust also says what helps. */
export function explainFirstContact(error: unknown): string {
  const help = isApiError(error, 'UNTRUSTED_CERTIFICATE')
    ? '; --cluster-reg-parent-ca-file, --cluster-reg-parent-ca-hash, or parentCA of the registration Secret names the CA to trust'
    : '';
  return `${errorText(error)}${help}`;
}

/** As kubeadm does: no third party knows the token, so none can sign. Without one, what comes next decides. */
async function fetchSignedCa(options: AgentOptions, signal: AbortSignal): Promise<string | undefined> {
  if (!isBootstrapToken(options.registrationToken)) return undefined;
  try {
    return readSignedCa(await fetchClusterInfo(options, signal), options.registrationToken);
  } catch {
    return undefined; // it is not published, or nobody answers: the next contact says which
  }
}

/** Reads `kube-public/cluster-info` without trust, and trusts it when the hash is right, as kubeadm does. */
async function fetchPinnedCa(options: AgentOptions, hash: string, signal: AbortSignal): Promise<string> {
  const untrusted = (problem: string, cause?: unknown): AgentError =>
    new AgentError(
      'UNTRUSTED_PARENT',
      `the parent ${options.parentUrl} ${problem}; give its CA with --cluster-reg-parent-ca-file`,
      { cause },
    );
  let caPem: string | undefined;
  try {
    caPem = readPublishedCa(await fetchClusterInfo(options, signal));
  } catch (error) {
    throw untrusted(`does not publish its CA in kube-public/cluster-info (${errorText(error)})`, error);
  }
  const [certificate] = parseCertificates(caPem ?? '');
  const found = certificate === undefined ? 'none' : hashPublicKey(certificate);
  if (caPem === undefined || found !== hash)
    throw untrusted(`publishes a CA with the hash ${found}, not ${hash}`);
  return caPem;
}
