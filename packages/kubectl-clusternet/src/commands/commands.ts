/** Where a command that kubectl runs may be used: for templates and in clusters, or in clusters only. */
type Place = 'both' | 'child';

export interface KubectlCommand {
  readonly place: Place;
  readonly summary: string;
}

/** What kubectl does for us. */
export const KUBECTL_COMMANDS: Readonly<Record<string, KubectlCommand>> = {
  annotate: { place: 'both', summary: 'change annotations' },
  'api-resources': { place: 'both', summary: 'list the kinds there are' },
  'api-versions': { place: 'child', summary: 'list the versions of groups of a child' },
  apply: { place: 'both', summary: 'create or change objects from files' },
  attach: { place: 'child', summary: 'attach to a container of a child' },
  auth: { place: 'child', summary: 'ask who you are in a child, and what you may do there' },
  autoscale: { place: 'child', summary: 'have a number of replicas follow the load in a child' },
  certificate: { place: 'child', summary: 'approve or deny requests for certificates of a child' },
  'cluster-info': { place: 'child', summary: 'show where the services of a child are' },
  cordon: { place: 'child', summary: 'with --cluster-id: keep new pods from a node of a child' },
  cp: { place: 'child', summary: 'copy files to and from containers of a child' },
  create: { place: 'both', summary: 'create objects from a file, or from flags' },
  debug: { place: 'child', summary: 'look into a pod or a node of a child with another container' },
  delete: { place: 'both', summary: 'delete objects' },
  describe: { place: 'child', summary: 'describe objects of a child' },
  diff: { place: 'both', summary: 'show what apply would change' },
  drain: { place: 'child', summary: 'empty a node of a child' },
  edit: { place: 'both', summary: 'change an object in an editor' },
  events: { place: 'child', summary: 'list the events of a child' },
  exec: { place: 'child', summary: 'run a command in a container of a child' },
  explain: { place: 'both', summary: 'describe the fields of a kind' },
  expose: { place: 'child', summary: 'make a service of what runs in a child' },
  get: { place: 'both', summary: 'list objects; in many clusters with --clusters' },
  label: { place: 'both', summary: 'change labels' },
  logs: { place: 'child', summary: 'print the log of a container of a child' },
  patch: { place: 'both', summary: 'change fields of an object' },
  'port-forward': { place: 'child', summary: 'reach a port of a pod of a child from here' },
  proxy: { place: 'child', summary: 'serve the API of a child on this machine' },
  replace: { place: 'both', summary: 'replace objects from files' },
  rollout: { place: 'child', summary: 'follow and steer rollouts of a child' },
  run: { place: 'child', summary: 'run an image in a child' },
  scale: { place: 'both', summary: 'change a number of replicas' },
  set: { place: 'both', summary: 'change an image, environment or resources' },
  taint: { place: 'child', summary: 'with --cluster-id: change the taints of a node of a child' },
  top: { place: 'child', summary: 'show what nodes and pods of a child use' },
  uncordon: { place: 'child', summary: 'with --cluster-id: let new pods onto a node of a child' },
  version: { place: 'child', summary: 'with --cluster-id: print the version of a child' },
  wait: { place: 'both', summary: 'wait for a condition' },
};

export interface OwnCommand {
  /** How it is called. */
  readonly usage: string;
  readonly summary: string;
}

/** What we do ourselves. */
export const OWN_COMMANDS: Readonly<Record<string, OwnCommand>> = {
  accept: { usage: 'accept REQUEST|CLUSTER', summary: 'approve a cluster that asks to join' },
  completion: {
    usage: 'completion bash|fish|kubectl|zsh',
    summary: 'print a script that completes command lines; `kubectl` is for the completion of kubectl itself',
  },
  cordon: {
    usage: 'cordon CLUSTER [--evict]',
    summary: 'have nothing new delivered to a cluster; refuses to take away what is there, but for --evict',
  },
  deny: { usage: 'deny REQUEST|CLUSTER', summary: 'refuse a cluster that asks to join' },
  doctor: {
    usage: 'doctor [CLUSTER] [-o json]',
    summary: 'look for what is wrong between you and your clusters, and say which command mends it',
  },
  join: {
    usage:
      'join [NAME] [--sync-mode Dual|Pull|Push] [--parent-url URL] [--hours N] [--child-context NAME | --child-kubeconfig FILE [--wait=false] [--timeout 5m]]',
    summary:
      'print what a cluster has to apply to join, with a token for a day; or apply it there and see the cluster arrive',
  },
  kubeconfig: {
    usage: 'kubeconfig CLUSTER',
    summary: 'print a kubeconfig that leads into a cluster, for kubectl and others',
  },
  status: {
    usage: 'status SUBSCRIPTION [-n NAMESPACE] [--watch]',
    summary: 'show what became of a Subscription, by cluster and object',
  },
  taint: {
    usage: 'taint CLUSTER KEY=VALUE:EFFECT… KEY:EFFECT-… [--overwrite] [--evict]',
    summary: 'change the taints of a cluster',
  },
  uncordon: { usage: 'uncordon CLUSTER', summary: 'undo cordon' },
  unjoin: {
    usage: 'unjoin CLUSTER --delivered Remove|Keep|Force [--wait=false] [--timeout 5m], or --cancel',
    summary: 'take a cluster out of the fleet, and what was delivered to it away, or leave it there',
  },
  version: { usage: 'version', summary: 'print the version of this plugin as JSON' },
  help: { usage: 'help [COMMAND]', summary: 'print this, or the help of a command' },
};
