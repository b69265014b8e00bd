import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** A folder for each pod that somebody looked into. */
export interface PodFolders extends Disposable {
  /** The folder of a pod, made when it is first asked for. */
  get(uid: string): string;
  /** Removes the folder of a pod. */
  remove(uid: string): void;
}

/** Disposing removes everything, and so does the end of the process. */
export function createPodFolders(): PodFolders {
  let root: string | undefined;
  const folders = new Map<string, string>();
  const removeAll = (): void => {
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
    root = undefined;
    folders.clear();
    process.off('exit', removeAll);
  };
  return {
    get(uid) {
      if (root === undefined) {
        root = mkdtempSync(join(tmpdir(), 'clusternet-kubelet-'));
        process.once('exit', removeAll);
      }
      const known = folders.get(uid);
      if (known !== undefined) return known;
      const folder = mkdtempSync(join(root, 'pod-'));
      mkdirSync(join(folder, 'tmp'));
      folders.set(uid, folder);
      return folder;
    },
    remove(uid) {
      const folder = folders.get(uid);
      folders.delete(uid);
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
    [Symbol.dispose]: removeAll,
  };
}
