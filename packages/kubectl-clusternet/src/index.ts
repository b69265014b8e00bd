export { runPlugin } from './run-plugin.ts';
export type { PluginDeps } from './plugin-deps.ts';
export { createKubectl } from './kubectl/run-kubectl.ts';
export type { Kubectl, KubectlResult } from './kubectl/run-kubectl.ts';
export { openDoor } from './door/open-door.ts';
export type { Door, DoorOptions } from './door/open-door.ts';
export { PluginError } from './errors.ts';
export type { PluginErrorCode } from './errors.ts';
