import { findAsset } from '../assets/find.ts';
import { assets } from '../assets/catalog.ts';
import type { Asset } from '../assets/catalog.ts';

/** The files here that need a program of somebody else, and which. */
const NEEDS: ReadonlyMap<string, readonly Asset['name'][]> = new Map([
  ['client-go.e2e.ts', ['kubectl', 'client-go-peer']],
  ['helm.e2e.ts', ['kubectl', 'helm']],
  ['kubectl.e2e.ts', ['kubectl']],
  ['kubelet.e2e.ts', ['kubectl']],
]);

/** Files of this folder that cannot run on this machine, with the programs that they miss. */
export function findAbsentClients(): ReadonlyMap<string, readonly string[]> {
  const missing = new Set(assets.filter((asset) => findAsset(asset) === undefined).map(({ name }) => name));
  return new Map(
    [...NEEDS].flatMap(([file, names]) => {
      const absent = names.filter((name) => missing.has(name));
      return absent.length === 0 ? [] : [[file, absent] as const];
    }),
  );
}
