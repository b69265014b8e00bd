import process from 'node:process';

/**
 * Prints what keeps a process alive (timers and connections) when it gets SIGUSR2: as `resources {"Timeout":2}`. It
 * collects garbage first, so that its memory is what it holds on to: without memory pressure an engine collects when it
 * likes.
 */
export function reportResources(): void {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    process.stdout.write(`resources ${JSON.stringify(counts)}\n`);
  });
}

/** What `reportResources` printed: timers and connections. */
export function parseResources(line: string): { readonly timers: number; readonly connections: number } {
  const counts = JSON.parse(line.replace(/^resources /, '')) as Record<string, number>;
  return {
    timers: (counts['Timeout'] ?? 0) + (counts['Immediate'] ?? 0),
    connections: (counts['TCPSocketWrap'] ?? 0) + (counts['TLSSocket'] ?? 0),
  };
}
