import { compareVersions } from '@clusternet/apiserver';
import { compareText, objectAt, objectsAt, textAt } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import type { ShadowKind } from './shadow-kind.ts';

/** A resource as discovery lists it; subresources are `<plural>/<name>`. */
export interface ListedResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export interface ListedGroup {
  /** Empty for the core group. */
  readonly group: string;
  readonly preferredVersion: string;
  readonly versions: readonly { readonly version: string; readonly resources: readonly ListedResource[] }[];
}

/** What the parent serves, as far as it is known. */
export interface ParentView {
  readonly groups: readonly ListedGroup[];
  readonly crds: readonly KubeObject[];
  /** `groupPriorityMinimum` of APIServices by their name, `<version>.<group>`. */
  readonly priorities: ReadonlyMap<string, number>;
}

/** A kind to be served as a template. */
export interface PlannedKind extends ShadowKind {
  readonly singular: string;
  readonly hasScale: boolean;
  /** Its definition; undefined for a kind that is built into the parent, or into a server behind it. */
  readonly crd: KubeObject | undefined;
}

const SKIPPED_GROUPS: ReadonlySet<string> = new Set([
  'custom.metrics.k8s.io',
  'external.metrics.k8s.io',
  'metrics.k8s.io',
  'shadow',
]);
const APISERVICES = 'apiregistration.k8s.io/apiservices';
/** Without them there is nothing to keep: reviews are answered on the spot, component statuses are looked up. */
const NEEDED_VERBS = ['create', 'delete', 'get', 'list'];
/** That of APIServices which kube-apiserver makes for custom resources. */
const CUSTOM_PRIORITY = 1000;

/**
 * Picks what is served under `shadow/v1alpha1`, by plural name: one group for each plural, the one whose APIService ranks
 * highest; one version for each, which is the preferred one of the group, or the storage version of a custom resource
 * (spec B §5.2).
 *
 * @returns by plural name
 */
export function planKinds(view: ParentView): ReadonlyMap<string, PlannedKind> {
  const crds = view.crds.filter(isServed).filter((crd) => !isSkipped(textAt(crd['spec'], 'group')));
  const names = new Set(crds.map(({ metadata }) => metadata.name));
  const builtIn = view.groups
    .filter(({ group }) => !isSkipped(group))
    .flatMap(planGroup)
    .filter(({ group, resource }) => !names.has(`${resource}.${group}`));
  const all = [...builtIn, ...crds.flatMap(planCustom)];
  const rank = ({ version, group, crd }: PlannedKind): number =>
    view.priorities.get(`${version}.${group}`) ?? (crd === undefined ? 0 : CUSTOM_PRIORITY);
  all.sort(
    (a, b) =>
      rank(b) - rank(a) ||
      Number(a.crd !== undefined) - Number(b.crd !== undefined) ||
      compareText(a.group, b.group),
  );
  const planned = new Map<string, PlannedKind>();
  for (const kind of all) if (!planned.has(kind.resource)) planned.set(kind.resource, kind);
  return planned;
}

function isSkipped(group: string): boolean {
  return group.endsWith('.clusternet.io') || SKIPPED_GROUPS.has(group);
}

function planGroup({ group, preferredVersion, versions }: ListedGroup): PlannedKind[] {
  const ordered = versions.toSorted(
    (a, b) =>
      Number(b.version === preferredVersion) - Number(a.version === preferredVersion) ||
      compareVersions(a.version, b.version),
  );
  const planned = new Map<string, PlannedKind>();
  for (const { version, resources } of ordered) {
    const listed = new Set(resources.map(({ name }) => name));
    for (const { name, kind, namespaced, singularName, verbs } of resources) {
      if (name.includes('/') || planned.has(name) || `${group}/${name}` === APISERVICES) continue;
      if (!NEEDED_VERBS.every((verb) => verbs.includes(verb))) continue;
      planned.set(name, {
        group,
        version,
        resource: name,
        kind,
        namespaced,
        singular: singularName === '' ? kind.toLowerCase() : singularName,
        hasScale: listed.has(`${name}/scale`),
        crd: undefined,
      });
    }
  }
  return [...planned.values()];
}

/** Whether the parent serves a definition, and goes on doing so. */
function isServed(crd: KubeObject): boolean {
  if (crd.metadata.deletionTimestamp !== undefined) return false;
  return objectsAt(crd['status'], 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  );
}

/** The storage version, or the best one that is served where that is not. */
function planCustom(crd: KubeObject): PlannedKind[] {
  const spec = objectAt(crd, 'spec');
  const names = objectAt(spec, 'names');
  const [version] = objectsAt(spec, 'versions')
    .filter((item) => item['served'] === true)
    .toSorted(
      (a, b) =>
        Number(b['storage'] === true) - Number(a['storage'] === true) ||
        compareVersions(textAt(a, 'name'), textAt(b, 'name')),
    );
  if (version === undefined) return [];
  const kind = textAt(names, 'kind');
  return [
    {
      group: textAt(spec, 'group'),
      version: textAt(version, 'name'),
      resource: textAt(names, 'plural'),
      kind,
      namespaced: textAt(spec, 'scope') === 'Namespaced',
      singular: textAt(names, 'singular') || kind.toLowerCase(),
      hasScale: objectAt(objectAt(version, 'subresources'), 'scale') !== undefined,
      crd,
    },
  ];
}
