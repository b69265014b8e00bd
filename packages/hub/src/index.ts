export { runHub } from './run-hub.ts';
export type { HubDeps, HubOptions, HubRole } from './run-hub.ts';
