/** How the parent is reached, as kubectl's own flags say it. */
export interface ParentFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly server?: string;
  readonly token?: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly as?: string;
  readonly asUid?: string;
  readonly asGroups: readonly string[];
}

/** Which child is meant, and as whom. */
export interface ChildFlags {
  readonly clusterId?: string;
  /** Many: `all`, a selector of labels, or names. */
  readonly clusters?: string;
  readonly childKubeconfig?: string;
  readonly as?: string;
  readonly asUid?: string;
  readonly asGroups: readonly string[];
}

/** A command line, taken apart. */
export interface SplitArgs {
  /** The first word that is no flag; undefined without one. */
  readonly command: string | undefined;
  /** Everything that is kubectl's, in order, the command included. */
  readonly rest: readonly string[];
  /** The same without the command: what stood before it counts as if it stood behind it. */
  readonly words: readonly string[];
  readonly parent: ParentFlags;
  readonly child: ChildFlags;
  readonly errors: readonly string[];
}

/** Flags that are taken out: they say how to connect, and kubectl connects to us. */
const OURS: ReadonlySet<string> = new Set([
  'as',
  'as-group',
  'as-uid',
  'certificate-authority',
  'child-kubeconfig',
  'client-certificate',
  'client-key',
  'cluster-id',
  'clusternet-as',
  'clusternet-as-group',
  'clusternet-as-uid',
  'clusters',
  'context',
  'kubeconfig',
  'server',
  'tls-server-name',
  'token',
]);
/** kubectl's, with a value: what follows them is no command. */
const WITH_VALUE: ReadonlySet<string> = new Set(['cache-dir', 'namespace', 'n', 'request-timeout', 'v']);

/** Takes a command line apart. What follows `--` is never looked at. */
export function splitArgs(args: readonly string[]): SplitArgs {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  const errors: string[] = [];
  let commandAt: number | undefined;
  let isInsecure = false;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(index));
      break;
    }
    const { flag, given } = readFlag(arg);
    if (flag === 'insecure-skip-tls-verify') isInsecure = given !== 'false';
    else if (flag !== undefined && OURS.has(flag)) {
      const value = given ?? args[(index += 1)];
      if (value === undefined) errors.push(`${arg} needs a value`);
      else values.set(flag, [...(values.get(flag) ?? []), value]);
    } else {
      rest.push(arg);
      if (flag !== undefined && WITH_VALUE.has(flag) && given === undefined && commandAt === undefined) {
        index += 1;
        if (index < args.length) rest.push(args[index] ?? '');
      } else if (!arg.startsWith('-')) commandAt ??= rest.length - 1;
    }
  }
  const command = commandAt === undefined ? undefined : rest[commandAt];
  const words = rest.filter((_word, index) => index !== commandAt);
  return { command, rest, words, errors, ...readFlags(values, isInsecure) };
}

/** The long name of a flag, and what stands behind its equals sign. */
function readFlag(arg: string): { readonly flag: string | undefined; readonly given: string | undefined } {
  // kubectl reads -sURL and -s=URL too, and would go there past the door.
  const [isServer, url] = /^-s(?:=?(.+))?$/s.exec(arg) ?? [];
  if (isServer !== undefined) return { flag: 'server', given: url };
  const [, name, given] = /^--([a-z][a-z-]*)(?:=([^]*))?$/.exec(arg) ?? [];
  return { flag: name ?? (/^-[a-z]$/.test(arg) ? arg.slice(1) : undefined), given };
}

function readFlags(
  values: ReadonlyMap<string, readonly string[]>,
  insecureSkipTlsVerify: boolean,
): Pick<SplitArgs, 'child' | 'parent'> {
  const pick = <K extends string>(key: K, flag: string): { readonly [P in K]?: string } => {
    const value = values.get(flag)?.at(-1);
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
  };
  return {
    parent: {
      ...pick('kubeconfig', 'kubeconfig'),
      ...pick('context', 'context'),
      ...pick('server', 'server'),
      ...pick('token', 'token'),
      ...pick('certificateAuthority', 'certificate-authority'),
      ...pick('clientCertificate', 'client-certificate'),
      ...pick('clientKey', 'client-key'),
      ...pick('tlsServerName', 'tls-server-name'),
      insecureSkipTlsVerify,
      ...pick('as', 'as'),
      ...pick('asUid', 'as-uid'),
      asGroups: values.get('as-group') ?? [],
    },
    child: {
      ...pick('clusterId', 'cluster-id'),
      ...pick('clusters', 'clusters'),
      ...pick('childKubeconfig', 'child-kubeconfig'),
      ...pick('as', 'clusternet-as'),
      ...pick('asUid', 'clusternet-as-uid'),
      asGroups: values.get('clusternet-as-group') ?? [],
    },
  };
}
