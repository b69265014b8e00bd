import { findAssets } from '../assets/find.ts';
import type { Plane } from './plane.ts';
import { startRealPlane } from './real-plane.ts';

export type PlaneKind = Plane['kind'];

/** Starts a control plane of either kind. @throws when real programs are asked for and missing */
export async function startPlane(kind: PlaneKind, name: string): Promise<Plane> {
  if (kind === 'embedded') {
    const { startEmbeddedPlane } = await import('./embedded-plane.ts');
    return startEmbeddedPlane(name);
  }
  const assets = findAssets(['etcd', 'kube-apiserver', 'kube-controller-manager']);
  if (assets === undefined) throw new Error('the real Kubernetes programs are missing; run: npm run assets');
  return startRealPlane(name, assets);
}
