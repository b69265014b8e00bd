import { execFileSync } from 'node:child_process';

/** Processor time that a process has had, user and system, s. */
export function cpuSeconds(pid: number): number {
  const text = execFileSync('ps', ['-o', 'cputimes=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(text.trim());
}
