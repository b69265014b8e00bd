import { formatBytes, MAX_OBJECT_BYTES } from '@clusternet/deployer';
import { encodeUtf8, stringifyJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';

/** What one feed would put into a Description, and what it put there last. */
export interface RenderedFeed {
  /** For people. */
  readonly name: string;
  readonly documents: readonly JsonValue[];
  readonly last: readonly JsonValue[];
}

export interface SizePlan {
  /** Of all feeds, in order: what is to be delivered. */
  readonly documents: readonly JsonValue[];
  /** One sentence for each feed that does not fit. */
  readonly problems: readonly string[];
}

/** Left for what else a Description has: labels, owner, inventory, status. */
const SPARE_BYTES = 128 * 1024;

/** As many bytes of objects are in a Description at most: base64 makes four of three. */
const MAX_RENDERED_BYTES = Math.floor(((MAX_OBJECT_BYTES - SPARE_BYTES) * 3) / 4);

/**
 * Keeps the objects of one Description within what an API server stores. What grew most stays as it was delivered last, or
 * is not delivered yet, until all of it fits: others go on, and nothing that runs is taken away.
 *
 * @param maxBytes - of all objects together, as JSON. @default what fits into a Description
 */
export function planSize(feeds: readonly RenderedFeed[], maxBytes: number = MAX_RENDERED_BYTES): SizePlan {
  const chosen = feeds.map(({ documents }) => documents);
  const bytes = feeds.map(({ documents }) => sizeOf(documents));
  const total = (): number => bytes.reduce((sum, size) => sum + size, 0);
  if (total() <= maxBytes) return { documents: chosen.flat(), problems: [] };
  const problems: string[] = [];
  const byGrowth = feeds
    .map(({ name, last }, index) => ({ name, last, index, lastBytes: sizeOf(last), size: bytes[index] ?? 0 }))
    .filter(({ size, lastBytes }) => size > lastBytes)
    .toSorted((a, b) => b.size - b.lastBytes - (a.size - a.lastBytes));
  for (const { name, last, index, lastBytes, size } of byGrowth) {
    const all = total();
    if (all <= maxBytes) break;
    problems.push(
      `${name} has ${formatBytes(size)}, and a cluster gets at most ${formatBytes(maxBytes)} of one Subscription, which would have ${formatBytes(all)}; make it smaller, or give it a Subscription of its own`,
    );
    chosen[index] = last;
    bytes[index] = lastBytes;
  }
  return { documents: chosen.flat(), problems };
}

function sizeOf(documents: readonly JsonValue[]): number {
  return documents.reduce<number>((sum, document) => sum + encodeUtf8(stringifyJson(document)).length, 0);
}
