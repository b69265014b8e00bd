import { describe, expect, it } from 'vitest';
import { chooseProxy, parseProxySettings } from './plan-proxy.ts';

const choose = (env: Record<string, string>, url: string): string | undefined =>
  chooseProxy(parseProxySettings(env), new URL(url))?.href;

describe('chooseProxy', () => {
  it.each([
    {
      why: 'https by its own',
      env: { HTTPS_PROXY: 'http://p:3128', HTTP_PROXY: 'http://q' },
      url: 'https://a',
      want: 'http://p:3128/',
    },
    {
      why: 'http by its own',
      env: { HTTPS_PROXY: 'http://p:3128', HTTP_PROXY: 'http://q' },
      url: 'http://a',
      want: 'http://q/',
    },
    { why: 'websockets like https', env: { HTTPS_PROXY: 'http://p' }, url: 'wss://a', want: 'http://p/' },
    { why: 'lower case counts', env: { https_proxy: 'p:3128' }, url: 'https://a', want: 'http://p:3128/' },
    {
      why: 'ALL_PROXY where there is no other',
      env: { ALL_PROXY: 'socks5://s:1080' },
      url: 'https://a',
      want: 'socks5://s:1080',
    },
    { why: 'none', env: {}, url: 'https://a', want: undefined },
    {
      why: 'loopback goes directly',
      env: { HTTPS_PROXY: 'http://p' },
      url: 'https://127.0.0.1:6443',
      want: undefined,
    },
    {
      why: 'localhost goes directly',
      env: { HTTPS_PROXY: 'http://p' },
      url: 'https://localhost',
      want: undefined,
    },
  ])('$why', ({ env, url, want }) => {
    expect(choose(env as Record<string, string>, url)).toBe(want);
  });

  it.each([
    ['*', 'https://a.b', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://example.com', false],
    ['.example.com', 'https://api.example.com', true],
    ['*.example.com', 'https://api.example.com', true],
    ['example.com:6443', 'https://example.com:6443', true],
    ['example.com:6443', 'https://example.com', false],
    ['10.0.0.0/8', 'https://10.96.0.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.7', 'https://10.0.0.7:6443', true],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['a , B.example ,,', 'https://b.example', true],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
  ])('NO_PROXY=%s lets %s go directly: %s', (rule, url, want) => {
    expect(choose({ HTTPS_PROXY: 'http://p', NO_PROXY: rule }, url) === undefined).toBe(want);
  });

  it.each(['ftp://p', 'http://', '::'])(
    '%s is no proxy, and the password stays out of the message',
    (text) => {
      const parse = (): unknown => parseProxySettings({ HTTPS_PROXY: text });
      expect(parse).toThrow('HTTPS_PROXY is not the URL of a proxy');
      expect(() => parseProxySettings({ ALL_PROXY: 'ftp://user:hunter2@p' })).not.toThrow('hunter2');
    },
  );
});
