import { join } from 'node:path';
import type { KubeObject } from '@clusternet/kube-data';
import { startProcess } from './child-process.ts';
import type { RunningProcess } from './child-process.ts';
import { writeSecretFile } from './secret-file.ts';

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly EnvVar[];
}

interface EnvVar {
  readonly name: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly key: string; readonly optional?: boolean };
  };
}

/** What a kubelet knows when it starts a container. */
export interface Pod {
  /** Of the Secret that the container's environment and files come from, decoded. */
  readonly secret: Readonly<Record<string, string>>;
  /** Where its files are put. */
  readonly folder: string;
  /** Flags that differ because the program runs on this machine, not in a cluster. */
  readonly flags: readonly string[];
}

/**
 * Starts the program of a Deployment with the arguments, environment and files that it is given there.
 * @param objects - such as those of `deploy/agent`
 */
export function startDeployed(
  objects: readonly KubeObject[],
  program: string,
  pod: Pod,
): Promise<RunningProcess> {
  const { name, args, env } = containerOf(objects);
  const values = Object.fromEntries(env.flatMap((variable) => valueOf(variable, pod.secret)));
  const tokenFile = writeSecretFile(pod.folder, `${name}.regToken`, pod.secret['regToken'] ?? '');
  const expand = (arg: string): string =>
    arg
      .replaceAll(/\$\((\w+)\)/g, (_all, variable: string) => values[variable] ?? '')
      .replace('/etc/clusternet/registration/regToken', tokenFile);
  return startProcess({
    name,
    command: process.execPath,
    args: [program, ...args.map(expand), ...pod.flags],
    env: values,
    logFile: join(pod.folder, `${name}.log`),
  });
}

function containerOf(objects: readonly KubeObject[]): Container {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const spec = deployment?.['spec'] as { template: { spec: { containers: Container[] } } } | undefined;
  const container = spec?.template.spec.containers[0];
  if (container === undefined) throw new Error('there is no Deployment with a container');
  return container;
}

function valueOf({ name, valueFrom }: EnvVar, secret: Pod['secret']): [string, string][] {
  if (valueFrom?.fieldRef !== undefined)
    return [
      [name, valueFrom.fieldRef.fieldPath === 'metadata.namespace' ? 'clusternet-system' : '127.0.0.1'],
    ];
  const { key = '', optional } = valueFrom?.secretKeyRef ?? {};
  const value = secret[key];
  if (value !== undefined) return [[name, value]];
  if (optional === true) return [];
  throw new Error(`the container cannot start: the Secret has no ${key}`);
}
