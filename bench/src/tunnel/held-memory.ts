import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchProcess } from '../processes.ts';
import { residentMiB } from '../resident-memory.ts';
import { parseResources } from './report-resources.ts';

/** Asks one of our processes to collect garbage and to tell what keeps it alive. */
export async function askResources(target: BenchProcess): Promise<ReturnType<typeof parseResources>> {
  kill(target.pid, 'SIGUSR2');
  return parseResources(await target.nextLine());
}

/** Resident memory of one of our processes without its garbage, MiB. */
export async function heldMiB(target: BenchProcess): Promise<number> {
  await askResources(target);
  await sleep(500); // pages are given back by a thread of the engine
  await askResources(target);
  await sleep(500);
  return residentMiB(target.pid);
}
