import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Ms for a tick of the kernel's accounting: 100 a second on every Linux that we know. */
const TICK_MS = 10;

/** Processor time that a process has used, ms. It does not depend on what else the machine does. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS; // user and system
}

/** Sockets that a process has open. */
export function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => isSocket(`${folder}/${name}`)).length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false; // closed meanwhile
  }
}
