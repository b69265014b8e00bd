import type { FlagTable } from './flag-table.ts';

/** What a command takes besides flags. */
export type Operand = 'clusters' | 'command' | 'none' | 'one-cluster' | 'shell';

export interface CommandDefinition {
  readonly summary: string;
  readonly details?: string;
  readonly operand: Operand;
  /** Whether it may be called without its operand. @default false */
  readonly isOptional?: boolean;
  readonly flags: FlagTable;
  /** What follows the name of the program. */
  readonly examples: readonly string[];
}

const WHERE: FlagTable = {
  name: {
    kind: 'text',
    short: 'n',
    value: 'NAME',
    default: 'default',
    help: 'Which playground; several may run at once.',
  },
  dir: {
    kind: 'text',
    value: 'DIR',
    help: 'Where playgrounds keep their files; the default is a folder of this user.',
  },
};

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** How requests can fail, with `--error-rate`. */
export const ERRORS = ['429', '500', '503', '504', 'cut', 'lost'] as const;

export const COMMANDS: Readonly<Record<string, CommandDefinition>> = {
  up: {
    summary: 'start clusters, and run them until Ctrl-C or `down`',
    details: `Every cluster is a Kubernetes API of its own with one simulated node. All of them live in one process, in memory,
and no container ever runs: for trying things out, never for production. Whoever may exec into a pod has a shell on
this machine.`,
    operand: 'none',
    flags: {
      clusters: {
        kind: 'text',
        short: 'c',
        value: 'N|NAMES',
        default: '1',
        help: 'How many clusters, or their names, joined by commas.',
      },
      detach: {
        kind: 'switch',
        short: 'd',
        help: 'Run in the background; returns when all clusters are ready.',
      },
      port: {
        kind: 'integer',
        value: 'PORT',
        default: '0',
        max: 65_535,
        help: 'Port of the first cluster, the others follow; 0 takes free ones.',
      },
      'ready-delay': {
        kind: 'duration',
        value: 'TIME',
        default: '200ms',
        help: 'How long a pod takes to become ready.',
      },
      verbose: { kind: 'switch', short: 'v', help: 'Log everything to stderr, a line of JSON each.' },
      ...WHERE,
      'report-to-parent': { kind: 'switch', help: 'The background part of --detach.', isHidden: true },
    },
    examples: ['up --clusters 3', 'up -d --clusters parent,east,west', 'up --name other --port 7001'],
  },
  status: {
    summary: 'show the clusters: state, address, nodes, pods, faults',
    operand: 'none',
    flags: {
      output: {
        kind: 'text',
        short: 'o',
        value: 'FORMAT',
        default: 'table',
        choices: ['table', 'json'],
        help: 'table or json.',
      },
      ...WHERE,
    },
    examples: ['status', 'status -o json'],
  },
  kubeconfig: {
    summary: 'print the kubeconfig of a cluster, or of all in one',
    operand: 'one-cluster',
    isOptional: true,
    flags: {
      all: { kind: 'switch', help: 'All clusters, with a context each that is called like the cluster.' },
      write: { kind: 'text', short: 'w', value: 'PATH', help: 'Write it to a file that is not there yet.' },
      force: { kind: 'switch', short: 'f', help: 'Replace the file of --write.' },
      ...WHERE,
    },
    examples: ['kubeconfig cluster-1', 'kubeconfig --all --write ~/.kube/playground'],
  },
  freeze: {
    summary: 'let clusters answer nothing: an outage that loses nothing',
    details: `Connections are accepted, requests wait, watches are silent. \`thaw\` lets everything go on that waited.`,
    operand: 'clusters',
    flags: WHERE,
    examples: ['freeze cluster-2', 'freeze cluster-1 cluster-3'],
  },
  thaw: {
    summary: 'let frozen clusters go on',
    operand: 'clusters',
    flags: WHERE,
    examples: ['thaw cluster-2'],
  },
  kill: {
    summary: 'end clusters at once; what is in them is lost',
    details: `Their connections are cut and their ports refuse. As everything was in memory, \`restart\` starts an empty cluster. For an
outage after which everything is still there, use \`freeze\` and \`thaw\`.`,
    operand: 'clusters',
    flags: WHERE,
    examples: ['kill cluster-2'],
  },
  restart: {
    summary: 'start clusters anew: empty, same address, same kubeconfig',
    details: `Clusters that run are killed first.`,
    operand: 'clusters',
    flags: WHERE,
    examples: ['restart cluster-2'],
  },
  faults: {
    summary: 'make requests slow or fail, drop watches',
    details: `What is set replaces what was set before. Without any flag it shows what is set. The simulated node of the cluster is a
client like any other.`,
    operand: 'one-cluster',
    flags: {
      latency: { kind: 'duration', value: 'TIME', help: 'Delay of each request.' },
      jitter: { kind: 'duration', value: 'TIME', help: 'Up to this much more or less.' },
      'error-rate': { kind: 'number', value: 'RATE', max: 1, help: 'Share of requests that fail, 0 to 1.' },
      error: {
        kind: 'text',
        value: 'ERROR',
        default: '503',
        choices: ERRORS,
        help: `How they fail: ${ERRORS.join(', ')}. cut: before they take effect; lost: after.`,
      },
      'retry-after': {
        kind: 'duration',
        value: 'TIME',
        help: 'What a failing answer tells clients to wait; whole seconds.',
      },
      verbs: { kind: 'list', value: 'VERBS', help: 'Only these, such as create,update.' },
      resources: { kind: 'list', value: 'NAMES', help: 'Only these, such as pods,deployments.' },
      'drop-watches': { kind: 'switch', help: 'End all watches now.' },
      'drop-watches-every': { kind: 'duration', value: 'TIME', help: 'End all watches again and again.' },
      cut: { kind: 'switch', help: 'Let watches break off in the middle rather than end.' },
      clear: { kind: 'switch', help: 'Nothing goes wrong any more. A frozen cluster stays frozen.' },
      ...WHERE,
    },
    examples: [
      'faults cluster-1 --latency 200ms --jitter 50ms',
      'faults cluster-1 --error-rate 0.1 --error 429 --retry-after 2s',
      'faults cluster-1 --drop-watches',
      'faults cluster-1 --clear',
    ],
  },
  down: {
    summary: 'end a playground: its clusters, its process, its files',
    operand: 'none',
    flags: WHERE,
    examples: ['down', 'down --name other'],
  },
  completion: {
    summary: 'print completions for a shell',
    operand: 'shell',
    flags: {},
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/clusternet-playground',
      'completion fish > ~/.config/fish/completions/clusternet-playground.fish',
      'completion zsh > "${fpath[1]}/_clusternet-playground"',
    ],
  },
  help: {
    summary: 'explain a command',
    operand: 'command',
    isOptional: true,
    flags: {},
    examples: ['help faults'],
  },
};
