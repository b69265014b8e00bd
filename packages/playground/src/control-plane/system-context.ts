import type { UserInfo, WriteContext } from '@clusternet/apiserver';

/** The control plane itself. */
export const SYSTEM_USER: UserInfo = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
  extra: new Map(),
};

/** The context of writes that the control plane makes on its own account. */
export function createSystemContext(fieldManager: string): WriteContext {
  return {
    user: SYSTEM_USER,
    dryRun: false,
    fieldManager,
    fieldValidation: 'Ignore',
    warn: () => undefined,
  };
}
