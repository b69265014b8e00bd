import { describe, expect, it } from 'vitest';
import { planSize } from './plan-size.ts';
import type { RenderedFeed } from './plan-size.ts';

/** A document of so many bytes as JSON. */
const bytes = (count: number): string => 'x'.repeat(count - 2);

function feed(name: string, now: number, before?: number): RenderedFeed {
  return { name, documents: [bytes(now)], last: before === undefined ? [] : [bytes(before)] };
}

const LIMIT = 3 * 1024;
const plan = (...feeds: RenderedFeed[]) => {
  const { documents, problems } = planSize(feeds, LIMIT);
  return { sizes: documents.map((document) => (document as string).length + 2), problems };
};

describe('planSize', () => {
  it('delivers what fits', () => {
    expect(plan(feed('a', 1024), feed('b', 2048))).toEqual({ sizes: [1024, 2048], problems: [] });
  });

  it('leaves out what is new and does not fit, with its size; others go on', () => {
    expect(plan(feed('ConfigMap foo/a', 4096), feed('b', 1024))).toEqual({
      sizes: [1024],
      problems: [
        'ConfigMap foo/a has 4 KiB, and a cluster gets at most 3 KiB of one Subscription, which would have 5 KiB; make it smaller, or give it a Subscription of its own',
      ],
    });
  });

  it('keeps what grew too large as it was, and never touches what did not grow', () => {
    const { sizes, problems } = plan(feed('large', 2048, 2048), feed('grew', 2048, 512), feed('new', 256));
    expect(sizes).toEqual([2048, 512, 256]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^grew has 2 KiB/);
  });

  it('leaves out one after the other until the rest fits', () => {
    const { sizes, problems } = plan(feed('a', 5000), feed('b', 4000), feed('c', 3000));
    expect(sizes).toEqual([3000]);
    expect(problems.map((text) => text[0])).toEqual(['a', 'b']);
  });

  it('changes nothing about what was too large all along: some other peer delivered it', () => {
    expect(plan(feed('a', 5000, 5000))).toEqual({ sizes: [5000], problems: [] });
  });

  it('counts bytes, not characters', () => {
    expect(planSize([{ name: 'a', documents: ['ä'.repeat(10)], last: [] }], 20).problems).toHaveLength(1);
  });
});
