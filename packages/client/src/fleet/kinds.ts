import type {
  Base,
  ClusterRegistrationRequest,
  Description,
  FeedInventory,
  Globalization,
  HelmChart,
  HelmRelease,
  Localization,
  ManagedCluster,
  Manifest,
  NodeFeatureRule,
  ServiceExport,
  ServiceImport,
  Subscription,
} from '@clusternet/api-types';
import { places } from '@clusternet/api-types/places';
import type { ResourceRef } from '../resource.ts';
import { builtInRefs } from './built-in-refs.ts';

/** Clusternet's own kinds, by name. */
export interface ClusternetKinds {
  readonly Base: Base;
  readonly ClusterRegistrationRequest: ClusterRegistrationRequest;
  readonly Description: Description;
  readonly FeedInventory: FeedInventory;
  readonly Globalization: Globalization;
  readonly HelmChart: HelmChart;
  readonly HelmRelease: HelmRelease;
  readonly Localization: Localization;
  readonly ManagedCluster: ManagedCluster;
  readonly Manifest: Manifest;
  readonly NodeFeatureRule: NodeFeatureRule;
  readonly ServiceExport: ServiceExport;
  readonly ServiceImport: ServiceImport;
  readonly Subscription: Subscription;
}

/** Any kind: `v1/Pod`, `apps/v1/Deployment`, or where it lives, which saves asking. */
export type KindName = ResourceRef | `${string}/${string}`;

/** What a kind's name says. */
export type ParsedKind =
  | { readonly kind: 'known'; readonly ref: ResourceRef }
  | { readonly kind: 'named'; readonly apiVersion: string; readonly name: string };

/** Takes the name of a kind apart; those of every Kubernetes are known. Anything that is no name of ours is `apiVersion/Kind`. */
export function parseKind(which: KindName | keyof ClusternetKinds): ParsedKind {
  if (typeof which !== 'string') return { kind: 'known', ref: which };
  const builtIn = builtInRefs.get(which);
  if (builtIn !== undefined) return { kind: 'known', ref: builtIn };
  const at = which.lastIndexOf('/');
  if (at >= 0) return { kind: 'named', apiVersion: which.slice(0, at), name: which.slice(at + 1) };
  return { kind: 'known', ref: places[which as keyof ClusternetKinds] }; // the type allows no other
}
