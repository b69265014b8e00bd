export { loadConnection } from './load-connection.ts';
export type { LoadConnectionOptions } from './load-connection.ts';
