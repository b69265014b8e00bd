/** What a run ends with: all of it has to be 0. */
export interface Damage {
  /** Objects that are missing in a child or not as asked for, and steady ones that were deleted and made anew. */
  readonly lost: number;
  /** Objects in a child that nobody asks for, and Bases and Descriptions of nobody. */
  readonly orphaned: number;
  /** More than one Base of a Subscription in a cluster, more than one Description of a Base. */
  readonly duplicated: number;
  /** Subscriptions that do not say Ready of what they are now. */
  readonly notReady: number;
}

/** An object in a child, as far as it matters. */
export interface SeenObject {
  readonly uid: string;
  /** Its data, as text. */
  readonly content: string;
}

/** A Base or Description: whose it is, and where. */
export interface SeenPart {
  readonly owner: string;
  readonly namespace: string;
}

export interface DeliveryState {
  /** By cluster, then by name: content. */
  readonly wanted: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By cluster, then by name: what bears an owner of ours. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<string, SeenObject>>;
  /** By cluster, then by name: the uids of objects that were there all along. */
  readonly steady: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** UIDs of the Subscriptions that are there. */
  readonly subscriptions: ReadonlySet<string>;
  readonly bases: readonly (SeenPart & { readonly uid: string })[];
  readonly descriptions: readonly SeenPart[];
  readonly notReady: readonly string[];
}

/** Compares what is there with what was asked for. @returns counts, and one sentence for each of the first faults */
export function checkDelivery(state: DeliveryState): Damage & { readonly faults: readonly string[] } {
  const lost: string[] = [];
  const orphaned: string[] = [];
  for (const [cluster, objects] of state.wanted) {
    for (const [name, content] of objects) {
      const found = state.seen.get(cluster)?.get(name);
      if (found === undefined) lost.push(`${name} is missing in ${cluster}`);
      else if (found.content !== content) {
        lost.push(`${name} in ${cluster} has ${found.content} instead of ${content}`);
      }
    }
  }
  for (const [cluster, objects] of state.steady) {
    for (const [name, uid] of objects) {
      const found = state.seen.get(cluster)?.get(name);
      if (found !== undefined && found.uid !== uid) lost.push(`${name} in ${cluster} was made anew`);
    }
  }
  for (const [cluster, objects] of state.seen) {
    for (const name of objects.keys()) {
      if (state.wanted.get(cluster)?.has(name) !== true) orphaned.push(`${name} is left in ${cluster}`);
    }
  }
  const baseUids = new Set(state.bases.map(({ uid }) => uid));
  for (const { owner, namespace } of state.bases) {
    if (!state.subscriptions.has(owner)) orphaned.push(`a Base in ${namespace} is of no Subscription`);
  }
  for (const { owner, namespace } of state.descriptions) {
    if (!baseUids.has(owner)) orphaned.push(`a Description in ${namespace} is of no Base`);
  }
  const duplicated = [...repeated(state.bases, 'Bases'), ...repeated(state.descriptions, 'Descriptions')];
  const notReady = state.notReady.map((name) => `${name} is not ready`);
  return {
    lost: lost.length,
    orphaned: orphaned.length,
    duplicated: duplicated.length,
    notReady: notReady.length,
    faults: [...lost, ...orphaned, ...duplicated, ...notReady].slice(0, 20),
  };
}

function repeated(parts: readonly SeenPart[], what: string): string[] {
  const counts = new Map<string, number>();
  for (const { owner, namespace } of parts) {
    const key = `${owner} in ${namespace}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `there are ${count} ${what} of ${key}`);
}
