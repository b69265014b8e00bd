export { createProxyDial } from './proxy/dial-through-proxy.ts';
export type { DialSocket } from './proxy/dial-through-proxy.ts';
export { chooseProxy, parseProxySettings } from './proxy/plan-proxy.ts';
export type { ProxySettings } from './proxy/plan-proxy.ts';
