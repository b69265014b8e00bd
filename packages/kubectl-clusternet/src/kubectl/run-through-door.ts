import type { ConnectionConfig } from '@clusternet/client';
import type { SplitArgs } from '../args/split-args.ts';
import { openDoor } from '../door/open-door.ts';
import type { DoorFailure } from '../door/open-door.ts';
import type { Kubectl } from './run-kubectl.ts';
import type { WorkFolder } from './work-folder.ts';

export interface Way {
  /** Templates take JSON only. */
  readonly isForTemplates: boolean;
  /** Where requests lead. */
  readonly connection: ConnectionConfig;
  readonly mapUrl: (url: string) => string;
  /** Of the context; empty for none. */
  readonly namespace: string;
  /** @returns whether kubectl is stopped, before it says something less clear than the caller will */
  readonly onFailure?: (failure: DoorFailure) => boolean;
}

/** What kubectl has to be told to go through a door. */
export interface Handle {
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
}

/** Opens a door and works with it. */
export async function withDoor<T>(
  folder: WorkFolder,
  { namespace, ...way }: Omit<Way, 'isForTemplates'>,
  work: (handle: Handle) => Promise<T>,
): Promise<T> {
  using door = await openDoor(way);
  const context = { cluster: 'door', user: '', ...(namespace === '' ? {} : { namespace }) };
  const KUBECONFIG = folder.write(
    'kubeconfig',
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'door',
      clusters: [{ name: 'door', cluster: { server: door.url } }],
      users: [],
      contexts: [{ name: 'door', context }],
    }),
  );
  // What kubectl remembers of a server it files under the port, which is another one every time.
  return await work({ env: { KUBECONFIG }, flags: [`--cache-dir=${folder.path}/cache`] });
}

/** Runs kubectl with a kubeconfig that leads to a door. @returns its exit code */
export async function runThroughDoor(
  { kubectl, folder }: { readonly kubectl: Kubectl; readonly folder: WorkFolder },
  { isForTemplates, onFailure, ...way }: Way,
  { command, rest: args, words }: Pick<SplitArgs, 'command' | 'rest' | 'words'>,
): Promise<number> {
  const stop = new AbortController();
  const stopping = {
    ...way,
    onFailure: (failure: DoorFailure): boolean => {
      const isFatal = onFailure?.(failure) === true;
      if (isFatal) stop.abort();
      return isFatal;
    },
  };
  return await withDoor(folder, stopping, async ({ env, flags }) => {
    const options = { env, signal: stop.signal };
    if (!isForTemplates || command !== 'create' || !isFromFlags(words))
      return await kubectl.run(placed(args, flags), options);
    // What kubectl makes of flags alone it sends as protobuf, which templates do not take: it prints it, and sends what it reads.
    const dryRun = placed(args, [...flags, '--dry-run=client', '--output=json']);
    const { code, stdout } = await kubectl.read(dryRun, options);
    if (code !== 0) return code;
    return await kubectl.feed(['create', ...flags, '--filename=-'], stdout, options);
  });
}

/** Before `--`: what follows it is not kubectl's. */
function placed(args: readonly string[], flags: readonly string[]): string[] {
  const at = args.indexOf('--');
  return at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
}

/** Whether `create` is told by flags what to make, and would send it itself. */
function isFromFlags(flags: readonly string[]): boolean {
  const end = flags.indexOf('--');
  return !flags
    .slice(0, end < 0 ? flags.length : end)
    .some((flag) => /^(?:-f|-k|--filename|--kustomize|--dry-run|--output|-o|--raw|--edit)/.test(flag));
}
