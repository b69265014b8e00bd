/** What may stand behind a flag; `none`: nothing does, it is a switch. `any`: something that nobody can guess. */
export type FlagValue =
  | { readonly kind: 'any' | 'clusters' | 'contexts' | 'files' | 'none' | 'one cluster' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export type FlagValues = Readonly<Record<string, FlagValue>>;

const words = (...list: readonly string[]): FlagValue => ({ kind: 'words', words: list });
const ANY: FlagValue = { kind: 'any' };
const NONE: FlagValue = { kind: 'none' };
const FILES: FlagValue = { kind: 'files' };

/** Flags of ours that go with what kubectl does. */
export const CHILD_FLAGS: FlagValues = {
  'cluster-id': { kind: 'one cluster' },
  'child-kubeconfig': FILES,
  'clusternet-as': ANY,
  'clusternet-as-uid': ANY,
  'clusternet-as-group': ANY,
};

/** How the parent is reached. */
export const PARENT_FLAGS: FlagValues = {
  kubeconfig: FILES,
  context: { kind: 'contexts' },
  server: ANY,
  token: ANY,
  as: ANY,
  'as-uid': ANY,
  'as-group': ANY,
  'certificate-authority': FILES,
  'client-certificate': FILES,
  'client-key': FILES,
  'tls-server-name': ANY,
  'insecure-skip-tls-verify': NONE,
};

/** Of kubectl's, those that may stand before a command: what follows them is no command. */
export const LEADING_FLAGS: FlagValues = {
  n: ANY,
  namespace: ANY,
  'cache-dir': ANY,
  'request-timeout': ANY,
  v: ANY,
};

/** Flags of our own commands; of `get`, those that `--clusters` brings. */
export const OWN_FLAGS: Readonly<Record<string, FlagValues>> = {
  cordon: { evict: NONE },
  doctor: { output: words('json') },
  get: { clusters: { kind: 'clusters' }, parallel: ANY },
  join: {
    'sync-mode': words('Dual', 'Pull', 'Push'),
    'parent-url': ANY,
    hours: ANY,
    'child-context': { kind: 'contexts' },
    'child-kubeconfig': FILES,
    wait: words('true', 'false'),
    timeout: ANY,
  },
  kubeconfig: CHILD_FLAGS,
  status: { namespace: ANY, watch: NONE },
  taint: { overwrite: NONE, evict: NONE },
  unjoin: {
    delivered: words('Remove', 'Keep', 'Force'),
    cancel: NONE,
    wait: words('true', 'false'),
    timeout: ANY,
  },
};
