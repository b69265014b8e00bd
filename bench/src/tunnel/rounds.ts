import { processorMs } from '../process-figures.ts';
import { median } from '../resident-memory.ts';
import { runLoad } from './load.ts';
import type { LoadSpec } from './load.ts';
import type { BenchStage, TunnelRig } from './rig.ts';

/** Medians over the rounds of one rig. */
export interface RoundFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mibPerSecond: number;
  /** Processor time of hub and agent for a request. */
  readonly processorMs: number;
}

/**
 * Puts the same load on several rigs in turn, several times: what else the machine does meanwhile falls on all of them
 * alike.
 */
export async function runRounds<Name extends string>(
  stage: BenchStage,
  rigs: Readonly<Record<Name, TunnelRig>>,
  spec: Omit<LoadSpec, 'mode' | 'url'> & { readonly path: string; readonly rounds: number },
): Promise<Record<Name, RoundFigures>> {
  const { path, rounds, ...load } = spec;
  const names = Object.keys(rigs) as Name[];
  const seen = new Map<Name, RoundFigures[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const { url, hub, agent } = rigs[name];
      const usedMs = (): number => processorMs(hub.pid) + processorMs(agent.pid);
      const before = usedMs();
      const result = await runLoad(stage.peer, { mode: 'get', url: url + path, ...load });
      seen.get(name)?.push({ ...result, processorMs: (usedMs() - before) / result.requests });
    }
  }
  const entries = names.map((name) => [name, medians(seen.get(name) ?? [])] as const);
  return Object.fromEntries(entries) as Record<Name, RoundFigures>;
}

function medians(all: readonly RoundFigures[]): RoundFigures {
  const of = (key: keyof RoundFigures): number => median(all.map((figures) => figures[key]));
  return {
    perSecond: of('perSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    mibPerSecond: of('mibPerSecond'),
    processorMs: of('processorMs'),
  };
}
