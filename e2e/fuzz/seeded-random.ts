/** Numbers that are the same for the same seed. */
export interface SeededRandom {
  /** 0 up to and without `limit`. */
  below(limit: number): number;
  /** True once in so many times. */
  oneIn(count: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** xorshift32: quick, and good enough to wander. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = Math.imul(seed + 1, 0x9e3779b9) || 1; // neighbours begin far apart
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return {
    below,
    oneIn: (count) => below(count) === 0,
    pick: (items) => items[below(items.length)] ?? items[0],
  };
}

/** `bytes`, changed a little: a bit, a byte, the length, or a piece that is there twice. */
export function mutate(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.below(256));
  const at = random.below(bytes.length);
  const copy = new Uint8Array(bytes);
  switch (random.below(5)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 1:
      copy[at] = random.below(256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy, copy.subarray(at)]);
    default:
      return Buffer.concat([copy.subarray(0, at), Uint8Array.of(random.below(256)), copy.subarray(at)]);
  }
}
