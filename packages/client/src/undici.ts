export { createTransport } from './undici-transport.ts';
export type { TransportOptions } from './undici-transport.ts';
