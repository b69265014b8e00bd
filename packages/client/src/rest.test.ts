import { describe, expect, it } from 'vitest';
import { ApiError, isTransient } from './errors.ts';
import { createFakeApi, statusAnswer } from './fakes/index.ts';
import type { FakeAnswer } from './fakes/index.ts';
import { createKubeClient } from './kube-client.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

async function failWith(answer: FakeAnswer): Promise<ApiError> {
  const api = createFakeApi({ hop: 'parent kube-apiserver https://10.0.0.1:6443' });
  api.intercept(() => answer);
  const client = createKubeClient(api.transport);
  const error: unknown = await client
    .resource(pods)
    .get({ namespace: 'ns', name: 'web' })
    .catch((cause: unknown) => cause);
  if (!(error instanceof ApiError)) throw new Error('no ApiError', { cause: error });
  return error;
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return { status, headers, body };
}

describe('an answer that is an error', () => {
  it.each([
    { given: statusAnswer(401, 'Unauthorized', 'Unauthorized'), code: 'UNAUTHORIZED' },
    { given: statusAnswer(403, 'Forbidden', 'pods "web" is forbidden'), code: 'FORBIDDEN' },
    { given: statusAnswer(404, 'NotFound', 'pods "web" not found'), code: 'NOT_FOUND' },
    { given: statusAnswer(409, 'AlreadyExists', 'pods "web" already exists'), code: 'ALREADY_EXISTS' },
    { given: statusAnswer(409, 'Conflict', 'the object has been modified'), code: 'CONFLICT' },
    { given: statusAnswer(410, 'Expired', 'too old resource version'), code: 'GONE' },
    { given: statusAnswer(410, 'Gone', 'gone'), code: 'GONE' },
    { given: statusAnswer(422, 'Invalid', 'spec.x: Required value'), code: 'INVALID' },
    { given: statusAnswer(429, 'TooManyRequests', 'too many requests'), code: 'TOO_MANY_REQUESTS' },
    { given: statusAnswer(500, 'InternalError', 'boom'), code: 'SERVER_ERROR' },
    { given: statusAnswer(500, 'ServerTimeout', 'try again'), code: 'TIMEOUT' },
    { given: statusAnswer(504, 'Timeout', 'too slow'), code: 'TIMEOUT' },
    { given: plain(405, ''), code: 'METHOD_NOT_ALLOWED' },
    { given: plain(413, ''), code: 'TOO_LARGE' },
    { given: plain(415, ''), code: 'UNSUPPORTED_MEDIA_TYPE' },
    { given: plain(418, ''), code: 'BAD_REQUEST' },
    { given: plain(502, ''), code: 'SERVER_ERROR' },
    { given: plain(503, ''), code: 'UNAVAILABLE' },
  ])('of $given.status is $code and names call and hop', async ({ given, code }) => {
    const error = await failWith(given);
    expect(error.code).toBe(code);
    expect(error.status).toBe(given.status);
    expect(error.message).toContain('get Pod ns/web: parent kube-apiserver https://10.0.0.1:6443 answered');
  });

  it('of 422 keeps its causes', async () => {
    const causes = [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.x' }];
    const body = {
      kind: 'Status',
      reason: 'Invalid',
      message: 'no',
      details: { causes: [...causes, 'odd'] },
    };
    const error = await failWith(plain(422, JSON.stringify(body)));
    expect(error.causes).toEqual(causes);
  });

  it.each<{ why: string; headers: Record<string, string>; want: number | undefined }>([
    { why: 'seconds', headers: { 'retry-after': '7' }, want: 7000 },
    {
      why: 'a date, counted from the Date of the answer',
      headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' },
      want: 10_000,
    },
    {
      why: 'a date that has passed',
      headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT', date: 'Wed, 21 Oct 2026 07:28:10 GMT' },
      want: 0,
    },
    { why: 'nothing to be understood', headers: { 'retry-after': 'soon' }, want: undefined },
    { why: 'nothing', headers: {}, want: undefined },
  ])('says how long to wait: $why', async ({ headers, want }) => {
    expect((await failWith(plain(503, '', headers))).retryAfterMs).toBe(want);
  });

  it('says how long to wait in its details too', async () => {
    const body = JSON.stringify({ details: { retryAfterSeconds: 3 } });
    expect((await failWith(plain(503, body))).retryAfterMs).toBe(3000);
  });

  it('of a proxy in HTML gives the words, not the tags', async () => {
    const html =
      '<!DOCTYPE html><html><style>p{}</style><body><h1>502 Bad Gateway</h1>\n<hr>nginx</body></html>';
    expect((await failWith(plain(502, html))).message).toMatch(/answered 502: 502 Bad Gateway nginx$/);
  });

  it('in plain text gives the text, cut', async () => {
    expect((await failWith(plain(503, 'upstream   is\ndown'))).message).toMatch(/: upstream is down$/);
    expect((await failWith(plain(503, 'x'.repeat(5000)))).message.length).toBeLessThan(500);
    expect((await failWith(plain(503, ''))).message).toMatch(/: \(empty answer\)$/);
  });

  it.each(['null', '[]', '"text"', '{"message": 3, "details": "odd"}', '{"details":{"causes":{}}}'])(
    'with the odd body %s is still an error with a code',
    async (body) => {
      const error = await failWith(plain(404, body));
      expect(error.code).toBe('NOT_FOUND');
      expect(error.causes).toEqual([]);
    },
  );

  it('that redirects is no answer of an API', async () => {
    const error = await failWith(plain(302, '', { location: 'https://login.example.com/' }));
    expect(error.code).toBe('BAD_RESPONSE');
    expect(error.message).toContain('points to https://login.example.com/');
  });
});

describe('an answer that is no object', () => {
  it.each([
    { why: 'truncated JSON', body: '{"kind":"Pod","meta' },
    { why: 'a login page', body: '<html>sign in</html>' },
    { why: 'nothing', body: '' },
    { why: 'null', body: 'null' },
    { why: 'text', body: '"Pod"' },
  ])('$why is BAD_RESPONSE, and is not quoted: it may hold a Secret', async ({ body }) => {
    const error = await failWith(plain(200, body));
    expect(error.code).toBe('BAD_RESPONSE');
    expect(error.message).toContain('parent kube-apiserver');
    expect(error.message).not.toContain('sign in');
  });

  it.each(['null', '{"items":{}}', '{"items":["x"]}', '{"items":[{"kind":"Pod"}]}', '[]'])(
    'the list %s is BAD_RESPONSE',
    async (body) => {
      const api = createFakeApi();
      api.intercept(() => plain(200, body));
      const listing = createKubeClient(api.transport).resource(pods).list();
      await expect(listing).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    },
  );

  it('the list of nothing that Go writes as null is empty', async () => {
    const api = createFakeApi();
    api.intercept(() => plain(200, '{"items":null,"metadata":{"resourceVersion":"7"}}'));
    const list = await createKubeClient(api.transport).resource(pods).list();
    expect(list).toEqual({ items: [], resourceVersion: '7', continueToken: '' });
  });
});

describe('isTransient', () => {
  it('holds for what may work later without anybody doing anything', () => {
    expect(isTransient(new ApiError('UNAVAILABLE', ''))).toBe(true);
    expect(isTransient(new ApiError('FORBIDDEN', ''))).toBe(false);
    expect(isTransient(new Error('other'))).toBe(false);
  });
});
