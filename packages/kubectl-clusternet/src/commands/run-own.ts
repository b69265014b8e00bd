import { createTransport } from '@clusternet/client/undici';
import type { SplitArgs } from '../args/split-args.ts';
import { changeTaints } from '../clusters/change-taints.ts';
import { readTaintOrder } from '../clusters/read-taint-order.ts';
import { readUnjoinRequest, unjoin } from '../clusters/unjoin.ts';
import { SHELLS, writeCompletionScript } from '../completion/scripts.ts';
import { systemClock } from '@clusternet/runtime';
import { connectTo, withClient, withParent } from '../connect/with-parent.ts';
import { readDoctorRequest } from '../doctor/read-doctor-request.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { PluginError } from '../errors.ts';
import type { PluginDeps } from '../plugin-deps.ts';
import { decideRequest } from '../clusters/decide-request.ts';
import { runJoin } from '../clusters/run-join.ts';
import { readStatusRequest, showStatus } from './show-status.ts';
import { writeChildKubeconfig } from './write-kubeconfig.ts';

type Run = (deps: PluginDeps, args: SplitArgs, signal: AbortSignal) => Promise<number>;

/** Runs a command that is ours, not kubectl's. @returns its exit code */
export const runOwn: Run = async (deps, args, signal) => {
  const run = OWN[args.command ?? ''];
  if (run === undefined)
    throw new PluginError('USAGE', `${args.command ?? ''} is not a command; see ${deps.program} help`);
  return run(deps, args, signal);
};

const decide =
  (decision: 'accept' | 'deny'): Run =>
  (deps, args, signal) => {
    const word = onlyName(deps, args);
    return withParent(deps, args, async ({ connection }) => {
      deps.out(await withClient(connection, (client) => decideRequest(client, word, decision, signal)));
      return 0;
    });
  };

function changeTaintsOf(deps: PluginDeps, args: SplitArgs, signal: AbortSignal): Promise<number> {
  const order = readTaintOrder(args.command ?? '', args.words);
  return withParent(deps, args, async ({ connection }) => {
    deps.out(await withClient(connection, (client) => changeTaints(client, order, signal)));
    return 0;
  });
}

const OWN: Readonly<Record<string, Run>> = {
  accept: decide('accept'),
  deny: decide('deny'),
  doctor: (deps, args, signal) => {
    const request = readDoctorRequest(args.words);
    return withParent(deps, args, async ({ connection }) => {
      await using transport = createTransport({ ...connection, name: 'parent' }, { connections: 16 });
      return await runDoctor({ ...deps, transport, connection, nowMs: Date.now() }, request, signal);
    });
  },
  join: runJoin,
  kubeconfig: (deps, args, signal) => {
    const clusterId = onlyName(deps, args);
    return withParent(deps, args, async (parent) => {
      const { connection } = await connectTo(
        deps,
        { ...args, child: { ...args.child, clusterId } },
        parent,
        signal,
      );
      const headers = (await connection.getHeaders?.(signal)) ?? {};
      deps.out(writeChildKubeconfig(parent.kubeconfig, connection, clusterId, headers));
      return 0;
    });
  },
  completion: ({ out, program }, { words }) => {
    const shell = SHELLS.find((each) => each === words[0]);
    if (shell === undefined || words.length > 1)
      throw new PluginError(
        'USAGE',
        `completion takes one of ${SHELLS.join(', ')}; see ${program} help completion`,
      );
    out(writeCompletionScript(shell));
    return Promise.resolve(0);
  },
  cordon: changeTaintsOf,
  taint: changeTaintsOf,
  uncordon: changeTaintsOf,
  unjoin: (deps, args, signal) => {
    const request = readUnjoinRequest(args.words);
    return withParent(deps, args, async ({ connection }) => {
      await withClient(connection, (client) => unjoin(client, request, deps.out, signal));
      return 0;
    });
  },
  version: ({ build, out, version }) => {
    out(`${JSON.stringify({ gitVersion: `v${version}`, ...build })}\n`);
    return Promise.resolve(0);
  },
  status: (deps, args, signal) =>
    withParent(deps, args, async ({ connection, namespace }) => {
      const request = readStatusRequest(args.words, namespace);
      await withClient(connection, (client) =>
        showStatus({ ...deps, client, clock: systemClock }, request, signal),
      );
      return 0;
    }),
};

/** The one word behind a command. */
function onlyName({ program }: PluginDeps, { command = '', words }: SplitArgs): string {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0 || word.startsWith('-'))
    throw new PluginError('USAGE', `${command} takes one name; see ${program} help`);
  return word;
}
