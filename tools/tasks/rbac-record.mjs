import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the journeys on real control planes note what our programs asked of them. */
export const rbacRecordFolder = join(resolve('.tools'), 'rbac-record');

/** What a run needs to record. A whole run begins anew; a part of one adds to what there is. */
export function recordRbac(isWhole) {
  if (isWhole) rmSync(rbacRecordFolder, { recursive: true, force: true });
  return { CLUSTERNET_RBAC_RECORD: rbacRecordFolder };
}
