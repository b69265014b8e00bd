import { isJsonObject, objectAt, parseJson, textAt } from '@clusternet/kube-data';
import type { Finding } from './finding.ts';

/** Minor versions that kubectl may be away from its server. */
const SKEW = 1;

/** The version that `kubectl version --client --output=json` prints; empty for one that cannot be read. */
export function readKubectlVersion(text: string): string {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? textAt(objectAt(value, 'clientVersion'), 'gitVersion') : '';
  } catch {
    return ''; // too old to print JSON
  }
}

/** Whether kubectl fits its server. @param parent - empty when that is not known */
export function judgeKubectl(version: string, parent: string): Finding {
  const check = 'kubectl';
  const mend = 'kubectl version   # get one that fits: https://kubernetes.io/docs/tasks/tools';
  const [own, server] = [minorOf(version), minorOf(parent)];
  if (own === undefined)
    return { check, level: 'warn', says: 'the kubectl on the PATH does not say its version', mend };
  if (server !== undefined && Math.abs(own - server) > SKEW) {
    const says = `the kubectl on the PATH is ${version}, and the parent ${parent}: more than one minor version apart`;
    return { check, level: 'warn', says, mend };
  }
  return { check, level: 'ok', says: `${version} is on the PATH` };
}

function minorOf(version: string): number | undefined {
  const minor = /^v1\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
