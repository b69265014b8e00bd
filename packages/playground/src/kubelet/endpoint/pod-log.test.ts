import { describe, expect, it } from 'vitest';
import { findContainerRun, formatLogLine, planLogRange } from './pod-log.ts';
import type { ContainerRun, LogOptions } from './pod-log.ts';

const pod = (status: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, status });

describe('planLogRange', () => {
  it.each<{ why: string; run?: Partial<ContainerRun>; options?: Partial<LogOptions>; want: object }>([
    { why: 'the first line is there when the container starts', want: { first: 0, end: 6 } },
    { why: 'a container that ended writes no more', run: { finishedMs: 3000 }, want: { first: 0, end: 3 } },
    { why: 'the newest lines', options: { tailLines: 2 }, want: { first: 4, end: 6 } },
    { why: 'more lines than there are', options: { tailLines: 20 }, want: { first: 0, end: 6 } },
    { why: 'no lines', options: { tailLines: 0 }, want: { first: 6, end: 6 } },
    { why: 'lines from a time on', options: { sinceMs: 3500 }, want: { first: 3, end: 6 } },
    { why: 'the stricter of both', options: { sinceMs: 3500, tailLines: 1 }, want: { first: 5, end: 6 } },
    { why: 'a time to come', options: { sinceMs: 60_000 }, want: { first: 6, end: 6 } },
    { why: 'a log is rotated', run: { startedMs: -99_999_000 }, want: { first: 90_006, end: 100_006 } },
  ])('$why', ({ run, options, want }) => {
    const planned = planLogRange(
      { startedMs: 1000, finishedMs: undefined, ...run },
      { intervalMs: 1000, ...options },
      6000,
    );
    expect(planned).toEqual(want);
  });
});

describe('findContainerRun', () => {
  it.each([
    {
      why: 'no status yet',
      status: {},
      isPrevious: false,
      want: { problem: expect.stringContaining('is waiting to start: ContainerCreating') },
    },
    {
      why: 'a running container',
      status: {
        containerStatuses: [{ name: 'main', state: { running: { startedAt: '1970-01-01T00:00:01Z' } } }],
      },
      isPrevious: false,
      want: { startedMs: 1000, finishedMs: undefined },
    },
    {
      why: 'the run before this one',
      status: {
        containerStatuses: [
          {
            name: 'main',
            state: { running: { startedAt: '1970-01-01T00:00:09Z' } },
            lastState: {
              terminated: { startedAt: '1970-01-01T00:00:01Z', finishedAt: '1970-01-01T00:00:03Z' },
            },
          },
        ],
      },
      isPrevious: true,
      want: { startedMs: 1000, finishedMs: 3000 },
    },
    {
      why: 'no run before this one',
      status: {
        containerStatuses: [{ name: 'main', state: { running: { startedAt: '1970-01-01T00:00:01Z' } } }],
      },
      isPrevious: true,
      want: { problem: 'previous terminated container "main" in pod "web" not found' },
    },
  ])('$why', ({ status, isPrevious, want }) => {
    expect(findContainerRun(pod(status), 'main', isPrevious)).toEqual(want);
  });
});

describe('formatLogLine', () => {
  it('puts the time first when asked', () => {
    expect(formatLogLine({ atMs: 1000, text: 'hello' }, true)).toBe('1970-01-01T00:00:01.000000000Z hello\n');
  });
});
