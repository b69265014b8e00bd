import { KUBECTL_COMMANDS, OWN_COMMANDS } from './commands.ts';
import type { OwnCommand } from './commands.ts';

/** What `help COMMAND` prints of one of ours. */
export function formatOwnHelp(program: string, { usage, summary }: OwnCommand): string {
  return `Usage: ${program} ${usage}\n\n${summary}\n`;
}

function formatOwn({ usage, summary }: OwnCommand): string {
  return `  ${usage}\n      ${summary}`;
}

/** What `help` prints. @param program - how the plugin was called */
export function formatHelp(program: string): string {
  const list = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([name, summary]) => `  ${name.padEnd(14)}${summary}`).join('\n');
  const of = (place: string): string =>
    list(
      Object.entries(KUBECTL_COMMANDS)
        .filter(([, command]) => command.place === place)
        .map(([name, { summary }]) => [name, summary]),
    );
  return `Works with templates in the parent of a fleet, and with what is in its clusters.

Usage: ${program} COMMAND [FLAGS]                       templates, and the kinds of Clusternet
       ${program} COMMAND --cluster-id NAME|ID [FLAGS]  inside a cluster
       ${program} get KIND --clusters WHICH [FLAGS]     in many clusters, each as soon as it answers

A template is an object that the parent keeps and does not run: a Subscription delivers it to clusters.

Run by the kubectl on your PATH, with all of its flags:
${of('both')}

The same, inside a cluster only:
${of('child')}

Of our own:
${Object.values(OWN_COMMANDS).map(formatOwn).join('\n')}

Flags:
  --cluster-id NAME|ID        a cluster of the fleet, by name or id
  --child-kubeconfig FILE     a kubeconfig of that cluster; its credential is used there, its address is not.
                              Without it you arrive as yourself, where the cluster lets you in
  --clusters WHICH            many clusters: all, a selector of their labels (env=prod), or names and ids by comma;
                              --parallel N of them at a time, each for --request-timeout
  --clusternet-as USER, --clusternet-as-uid UID, --clusternet-as-group GROUP
                              whom to be in the cluster; with --child-kubeconfig
  --kubeconfig, --context, --server, --token, --as, …
                              how to reach the parent, as for kubectl

Examples:
  ${program} apply -f examples/applications/
  ${program} get deploy -n foo
  ${program} get mcls -A
  ${program} get pods --cluster-id east --child-kubeconfig east.kubeconfig
  ${program} logs -f --cluster-id east deploy/web
  ${program} get pods --clusters env=prod -o wide
  ${program} join east | kubectl --context=east apply -f -
`;
}
