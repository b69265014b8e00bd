import { describe, expect, it } from 'vitest';
import { createTerminalSizes } from './terminal-sizes.ts';
import type { TerminalSize } from './terminal-sizes.ts';

describe('createTerminalSizes', () => {
  it.each([
    { why: 'one size', text: '{"Width":80,"Height":24}', want: [{ columns: 80, rows: 24 }] },
    {
      why: 'several',
      text: '{"Width":80,"Height":24}\n{"Width":81,"Height":25}\n',
      want: [
        { columns: 80, rows: 24 },
        { columns: 81, rows: 25 },
      ],
    },
    { why: 'no JSON', text: '{"Width":', want: [] },
    {
      why: 'no size',
      text: '[]\n{"Width":0,"Height":24}\n{"Width":"80","Height":24}\n{"Width":80}',
      want: [],
    },
  ])('takes $why', ({ text, want }) => {
    const sizes = createTerminalSizes();
    const seen: TerminalSize[] = [];
    sizes.listen((size) => seen.push(size));
    sizes.push(text);
    expect(seen).toEqual(want);
  });

  it('tells who listens late what came last', () => {
    const sizes = createTerminalSizes();
    sizes.push('{"Width":80,"Height":24}\n{"Width":81,"Height":25}');
    const seen: TerminalSize[] = [];
    sizes.listen((size) => seen.push(size));
    expect(seen).toEqual([{ columns: 81, rows: 25 }]);
  });
});
