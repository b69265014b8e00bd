/** Where a command that kubectl runs may be used. */
type Place = 'both' | 'child';

export interface KubectlCommand {
  readonly place: Place;
  readonly summary: string;
}

/** What kubectl does for us. */
export const KUBECTL_COMMANDS: Readonly<Record<string, KubectlCommand>> = {
  annotate: { place: 'both', summary: 'change annotations' },
  'api-resources': { place: 'both', summary: 'list the kinds there are' },
  apply: { place: 'both', summary: 'create or change objects from files' },
  attach: { place: 'child', summary: 'attach to a container of a child' },
  auth: { place: 'child', summary: 'ask who you are in a child, and what you may do there' },
  cp: { place: 'child', summary: 'copy files to and from containers of a child' },
  create: { place: 'both', summary: 'create objects from a file, or from flags' },
  delete: { place: 'both', summary: 'delete objects' },
  describe: { place: 'child', summary: 'describe objects of a child' },
  diff: { place: 'both', summary: 'show what apply would change' },
  drain: { place: 'child', summary: 'empty a node of a child' },
  edit: { place: 'both', summary: 'change an object in an editor' },
  events: { place: 'child', summary: 'list the events of a child' },
  exec: { place: 'child', summary: 'run a command in a container of a child' },
  explain: { place: 'both', summary: 'describe the fields of a kind' },
  get: { place: 'both', summary: 'list objects' },
  label: { place: 'both', summary: 'change labels' },
  logs: { place: 'child', summary: 'print the log of a container of a child' },
  patch: { place: 'both', summary: 'change fields of an object' },
  'port-forward': { place: 'child', summary: 'reach a port of a pod of a child from here' },
  replace: { place: 'both', summary: 'replace objects from files' },
  rollout: { place: 'child', summary: 'follow and steer rollouts of a child' },
  scale: { place: 'both', summary: 'change a number of replicas' },
  set: { place: 'both', summary: 'change an image, environment or resources' },
  top: { place: 'child', summary: 'show what nodes and pods of a child use' },
  wait: { place: 'both', summary: 'wait for a condition' },
};

/** What we do ourselves. */
export const OWN_COMMANDS: Readonly<Record<string, string>> = {
  accept: 'approve a cluster that asks to join: accept REQUEST|CLUSTER',
  deny: 'refuse a cluster that asks to join: deny REQUEST|CLUSTER',
  doctor:
    'look for what is wrong between you and your clusters, and say which command mends it: doctor [CLUSTER] [-o json]',
  join: 'print what a cluster has to apply to join, with a token for a day: join [NAME] [--sync-mode Dual|Pull|Push] [--parent-url URL] [--hours N]',
  kubeconfig: 'print a kubeconfig that leads into a cluster, for kubectl and others: kubeconfig CLUSTER',
  status:
    'show what became of a Subscription, by cluster and object: status SUBSCRIPTION [-n NAMESPACE] [--watch]',
  version: 'print the version of this plugin as JSON',
  help: 'print this, or the help of a command of kubectl: help [COMMAND]',
};
