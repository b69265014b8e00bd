export { createTransport } from './undici-transport.ts';
export type { TransportOptions } from './undici-transport.ts';
export { throttleTransport } from './throttle.ts';
export type { RateLimit, ThrottleDeps } from './throttle.ts';
