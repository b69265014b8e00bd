import type { ConnectionConfig } from '@clusternet/client';
import { openDoor } from '../door/open-door.ts';
import type { Kubectl } from './run-kubectl.ts';
import type { WorkFolder } from './work-folder.ts';

export interface Way {
  /** Where requests lead. */
  readonly connection: ConnectionConfig;
  readonly mapUrl: (url: string) => string;
  /** Of the context; empty for none. */
  readonly namespace: string;
  readonly onFailure?: (status: number) => void;
}

/** Runs kubectl with a kubeconfig that leads to a door. @returns its exit code */
export async function runThroughDoor(
  { kubectl, folder }: { readonly kubectl: Kubectl; readonly folder: WorkFolder },
  { namespace, ...way }: Way,
  args: readonly string[],
): Promise<number> {
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
  const env = { KUBECONFIG };
  const [command = '', ...flags] = args;
  const own = [`--cache-dir=${folder.path}/cache`];
  if (command !== 'create' || !isFromFlags(flags)) return await kubectl.run(placed(args, own), env);
  // What kubectl makes of flags alone it sends as protobuf, which templates do not take: it prints it, and sends what it reads.
  const { code, stdout } = await kubectl.read(
    [...placed(args, own), '--dry-run=client', '--output=json'],
    env,
  );
  if (code !== 0) return code;
  return await kubectl.feed(['create', ...own, '--filename=-'], stdout, env);
}

/** Before `--`: what follows it is not kubectl's. */
function placed(args: readonly string[], flags: readonly string[]): string[] {
  const at = args.indexOf('--');
  return at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
}

/** Whether `create` is told by flags what to make, and would send it itself. */
function isFromFlags(flags: readonly string[]): boolean {
  return !flags.some((flag) =>
    /^(?:-f|-k|--filename|--kustomize|--dry-run|--output|-o|--raw|--edit)/.test(flag),
  );
}
