import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonObject } from '@clusternet/kube-data';
import { ApiError } from './errors.ts';
import type { KubeconfigExec } from './kubeconfig-parser.ts';

/** A credential is asked for again so long before it expires, ms. */
const MARGIN_MS = 60_000;
const TIMEOUT_MS = 60_000;
/** More output than this is no credential, bytes. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface TimedToken {
  readonly token: string;
  /** `Infinity` when it does not say. */
  readonly untilMs: number;
}

export interface ExecCredentialDeps {
  /** Of the kubeconfig file; a command with a slash in it is relative to its folder. */
  readonly path: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks a credential plugin for a token.
 * @throws {ApiError} `INVALID_CONFIG` naming the plugin; what it printed is never shown
 */
export async function runExecPlugin(exec: KubeconfigExec, deps: ExecCredentialDeps): Promise<TimedToken> {
  const output = await runCommand(exec, deps);
  const invalid = (problem: string, cause?: unknown): ApiError =>
    new ApiError('INVALID_CONFIG', `the credential plugin "${exec.command}" ${problem}`, { cause });
  let credential;
  try {
    credential = parseJson(output);
  } catch {
    throw invalid('printed something that is not JSON'); // the cause would quote it
  }
  if (!isJsonObject(credential) || credential['kind'] !== 'ExecCredential')
    throw invalid('printed something that is not an ExecCredential');
  const status: JsonObject = isJsonObject(credential['status']) ? credential['status'] : {};
  const { token, expirationTimestamp, clientCertificateData } = status;
  if (typeof token !== 'string' || token === '') {
    throw invalid(
      clientCertificateData === undefined
        ? 'gave no token'
        : 'gave a client certificate, which is not supported; have it give a token',
    );
  }
  const expiryMs = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  return { token, untilMs: Number.isNaN(expiryMs) ? Infinity : expiryMs - MARGIN_MS };
}

function runCommand(exec: KubeconfigExec, deps: ExecCredentialDeps): Promise<string> {
  const { command, args, apiVersion, installHint } = exec;
  const env = {
    ...deps.env,
    ...Object.fromEntries(exec.env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({
      apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false },
    }),
  };
  const program = command.includes('/') ? resolve(dirname(deps.path), command) : command;
  const options = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((fulfil, reject) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) {
        fulfil(stdout);
        return;
      }
      const isMissing = error.code === 'ENOENT';
      const hint = isMissing && installHint !== undefined ? `: ${installHint}` : '';
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
      const detail = said === '' ? '' : `: ${said}`;
      const problem = isMissing ? `is not installed${hint}` : `failed${detail}`;
      reject(new ApiError('INVALID_CONFIG', `the credential plugin "${command}" ${problem}`));
    });
  });
}
