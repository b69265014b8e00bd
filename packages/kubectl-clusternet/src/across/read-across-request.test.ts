import { describe, expect, it } from 'vitest';
import { readAcrossRequest } from './read-across-request.ts';

const read = (line: string, namespace = '') => readAcrossRequest([...line.split(' ')], 'all', namespace);

describe('readAcrossRequest', () => {
  it('reads what kubectl would', () => {
    expect(read('pods,svc -n foo -l app=web -o wide --no-headers --request-timeout 1m')).toMatchObject({
      kinds: ['pods', 'svc'],
      namespace: 'foo',
      labelSelector: 'app=web',
      output: 'wide',
      hasHeaders: false,
      timeoutMs: 60_000,
    });
    expect(read('pod/a pod/b', 'ctx')).toMatchObject({ kinds: ['pod'], names: ['a', 'b'], namespace: 'ctx' });
    expect(read('pods -A').namespace).toBeUndefined();
    expect(read('pods')).toMatchObject({
      namespace: 'default',
      output: 'table',
      parallel: 32,
      timeoutMs: 10_000,
    });
  });

  it.each([
    ['-A', 'get takes a kind'],
    ['pods -o jsonpath={.x}', 'with --clusters -o takes json, name, wide, yaml, not "jsonpath={.x}"'],
    ['pods -w', 'get --clusters takes --all-namespaces, --field-selector'],
    ['pods a -A', 'a name is looked for in one namespace'],
    ['pods a -l x=y', 'give names or a selector'],
    ['pods,svc a', 'names go with one kind'],
    ['pod/a svc/b', 'takes one kind at a time'],
    ['pod/', 'takes one kind at a time'],
    ['pods -l a=b=c', '-l takes a label selector, not "a=b=c"'],
    ['pods --parallel 0', '--parallel takes 1 to 256, not "0"'],
    ['pods --request-timeout soon', '--request-timeout takes a time such as 10s, not "soon"'],
  ])('%s makes no sense', (line, want) => {
    expect(() => read(line)).toThrow(want);
  });
});
