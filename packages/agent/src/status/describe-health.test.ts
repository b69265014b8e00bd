import { ApiError } from '@clusternet/client';
import { describe, expect, it } from 'vitest';
import { describeHealth } from './describe-health.ts';

const refused = (text: string): ApiError =>
  new ApiError('SERVER_ERROR', 'get /readyz: child answered 500: no', { status: 500, text });

describe('describeHealth', () => {
  it('names the checks that failed', () => {
    const text =
      '[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\n[-]informer-sync failed\nreadyz check failed';
    expect(describeHealth('/readyz', refused(text))).toBe('/readyz failed etcd, informer-sync');
  });

  it('names no more than fit', () => {
    const text = Array.from({ length: 8 }, (_, index) => `[-]check-${index} failed`).join('\n');
    expect(describeHealth('/livez', refused(text))).toMatch(/check-4 and 3 more$/);
  });

  it('says what there is where there are none', () => {
    expect(describeHealth('/readyz', refused('nope'))).toBe('get /readyz: child answered 500: no');
    expect(describeHealth('/readyz', new Error('timed out'))).toBe('timed out');
  });
});
