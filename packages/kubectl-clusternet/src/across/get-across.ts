import type { ManagedCluster } from '@clusternet/api-types';
import { clusternetRef, createKubeClient, isApiError } from '@clusternet/client';
import type { Transport } from '@clusternet/client';
import { isDeadlineError, withTimeout } from '@clusternet/runtime';
import { askCluster } from './ask-cluster.ts';
import type { AskedFor } from './ask-cluster.ts';
import { chooseClusters } from './choose-clusters.ts';
import type { Target } from './choose-clusters.ts';
import { findKind } from './find-kind.ts';
import { gatherKinds } from './gather-kinds.ts';
import { openCluster } from './open-cluster.ts';
import { createJsonPrinter, createNamePrinter, createYamlPrinter } from './print-objects.ts';
import { createTablePrinter } from './print-table.ts';
import type { Printer } from './printer.ts';
import type { AcrossRequest } from './read-across-request.ts';
import { runBounded } from './run-bounded.ts';
import { summarize } from './summarize.ts';

export interface AcrossDeps {
  /** To the parent. */
  readonly transport: Transport;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Prints what many clusters have of some kinds, each cluster as soon as it answers.
 * @returns the exit code, see {@link summarize}
 * @throws {PluginError | ApiError} when it cannot be known whom to ask for what
 */
export async function getAcross(
  deps: AcrossDeps,
  request: AcrossRequest,
  signal: AbortSignal,
): Promise<number> {
  const parent = createKubeClient(deps.transport);
  const [{ items }, inParent] = await Promise.all([
    parent.resource<ManagedCluster>(clusternetRef('ManagedCluster')).list({}, signal),
    gatherKinds(parent, signal),
  ]);
  const targets = chooseClusters(request.clusters, items);
  const asked = targets.map(({ label }) => label);
  const printer = createPrinter(request, asked);
  const silent = new Map<string, unknown>();
  const served = new Set<string>();
  const found = new Set<string>();
  let hasPrinted = false;

  const ask = async (target: Target, asked: AskedFor, limited: AbortSignal): Promise<void> => {
    const client = openCluster(deps.transport, target);
    for await (const { kind, answer, name } of askCluster(client, asked, limited)) {
      served.add(asked.word);
      if (name !== undefined) found.add(name);
      const text = printer.print(target, kind, answer);
      if (text !== '') deps.out(text);
      hasPrinted ||= text !== '';
    }
  };
  for (const word of request.kinds) {
    const what = { ...request, word, likely: findKind(word, inParent), accept: printer.accept };
    await runBounded(targets, request.parallel, async (target) => {
      if (silent.has(target.label)) return; // it has had its time
      try {
        await withTimeout(request.timeoutMs, signal, target.label, (limited) => ask(target, what, limited));
      } catch (error) {
        if (signal.aborted || !(isApiError(error) || isDeadlineError(error))) throw error;
        silent.set(target.label, error);
      }
    });
  }
  deps.out(printer.end());
  const { text, code } = summarize({ asked, silent, served, found, hasPrinted }, request);
  if (text !== '') deps.err(text);
  return code;
}

function createPrinter(request: AcrossRequest, labels: readonly string[]): Printer {
  switch (request.output) {
    case 'json':
      return createJsonPrinter();
    case 'yaml':
      return createYamlPrinter();
    case 'name':
      return createNamePrinter();
    case 'table':
    case 'wide':
      return createTablePrinter(request, labels);
  }
}
