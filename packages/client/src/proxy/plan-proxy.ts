import { BlockList, isIP } from 'node:net';
import { ApiError } from '../errors.ts';

/** Which proxies lead out of a network, as the usual variables say it. */
export interface ProxySettings {
  /** For https: `HTTPS_PROXY`, else `ALL_PROXY`. */
  readonly https: URL | undefined;
  /** For http: `HTTP_PROXY`, else `ALL_PROXY`. */
  readonly http: URL | undefined;
  readonly isDirect: (host: string, port: number) => boolean;
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case, as Go programs do.
 *
 * @throws {ApiError} `INVALID_CONFIG` for a proxy that is no URL, or of a kind that is not known; the message names the variable
 *   and not its value, which may hold a password
 */
export function parseProxySettings(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string): string => env[name] ?? env[name.toLowerCase()] ?? '';
  const all = parseProxy('ALL_PROXY', read('ALL_PROXY'));
  return {
    https: parseProxy('HTTPS_PROXY', read('HTTPS_PROXY')) ?? all,
    http: parseProxy('HTTP_PROXY', read('HTTP_PROXY')) ?? all,
    isDirect: createExceptions(read('NO_PROXY')),
  };
}

function parseProxy(name: string, text: string): URL | undefined {
  if (text.trim() === '') return undefined;
  const url = /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && SCHEMES.has(parsed.protocol) && parsed.hostname !== '') return parsed;
  throw new ApiError(
    'INVALID_CONFIG',
    `${name} is not the URL of a proxy: write http://, https:// or socks5:// and a host`,
  );
}

/** The proxy that leads to a URL; `undefined`: none, go there directly. Loopback never goes through one. */
export function chooseProxy(settings: ProxySettings, url: URL): URL | undefined {
  const isTls = url.protocol === 'https:' || url.protocol === 'wss:';
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  return settings.isDirect(host, port) ? undefined : isTls ? settings.https : settings.http;
}

function createExceptions(text: string): ProxySettings['isDirect'] {
  const rules = text
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .filter((rule) => rule !== '')
    .map(parseRule);
  return (host, port) => isLoopback(host) || rules.some((matches) => matches(host, port));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d+){3}$/.test(host);
}

type Rule = (host: string, port: number) => boolean;

/** `*`, an address, a range of addresses, `.domain` (below it), or `domain` (it, and below it); with a port or not. */
function parseRule(rule: string): Rule {
  if (rule === '*') return () => true;
  const range = /^(.+)\/(\d{1,3})$/.exec(rule);
  if (range !== null) return parseRange(range[1] ?? '', Number(range[2]));
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+|[0-9a-f:]{3,}))(?::(\d+))?$/.exec(rule) ?? [];
  const name = bracketed ?? plain ?? rule;
  const isPort = (actual: number): boolean => port === undefined || Number(port) === actual;
  if (isIP(name) !== 0) return (host, actual) => host === name && isPort(actual);
  const domain = name.replace(/^\*?\./, '');
  const isBelowOnly = domain !== name;
  return (host, actual) =>
    isPort(actual) && (host.endsWith(`.${domain}`) || (!isBelowOnly && host === domain));
}

function parseRange(address: string, bits: number): Rule {
  const family = isIP(address);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIP(host) === family && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
