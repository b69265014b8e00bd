import { isLabelValue } from '@clusternet/kube-data';
import { describe, expect, it } from 'vitest';
import { toLabelValue } from './label-value.ts';

describe('toLabelValue', () => {
  it.each(['', 'web', 'apps', 'a.b_c-D', 'x'.repeat(63)])('keeps "%s"', (text) => {
    expect(toLabelValue(text)).toBe(text);
  });

  it.each(['system:node', 'x'.repeat(64), ':', '...', `${'x'.repeat(52)}.${'y'.repeat(20)}`, 'ä'])(
    'B S-25: makes a label of "%s", another one for every text',
    (text) => {
      expect(isLabelValue(toLabelValue(text))).toBe(true);
      expect(toLabelValue(text)).not.toBe(toLabelValue(`${text}:`));
    },
  );
});
