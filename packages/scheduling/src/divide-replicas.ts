/**
 * Divides replicas by weight: each gets its share rounded down, what is left goes one each to the heaviest, the
 * first of equal ones first.
 *
 * @param desired - A count, no unit, not negative.
 * @param weights - Shape `[n]`, integers, not negative.
 * @returns Shape `[n]`, with the sum `desired`; undefined when all weights are 0, which says nothing about shares.
 * @see spec C §6.7, "Static"
 */
export function divideByWeight(desired: number, weights: readonly number[]): number[] | undefined {
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (total === 0n) return undefined;
  const shares = weights.map((weight) => Number((BigInt(weight) * BigInt(desired)) / total));
  const left = desired - shares.reduce((sum, share) => sum + share, 0);
  const heaviest = weights
    .map((weight, index) => ({ weight, index }))
    .toSorted((a, b) => b.weight - a.weight);
  for (const { index } of heaviest.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

/**
 * Divides replicas over what is available: each gets its proportion rounded towards zero, what is left goes one
 * each to those that lost most by the rounding, the first of equal ones first.
 *
 * @param change - How many to add, or with a minus sign to take away.
 * @param available - Shape `[n]`, integers, not negative: free places, or replicas to take from.
 * @returns Shape `[n]`. Everything available when there is less than asked for; the shortfall stays.
 * @see spec C §6.7, "Dynamic"
 */
export function divideByAvailability(change: number, available: readonly number[]): number[] {
  const total = available.reduce((sum, count) => sum + BigInt(count), 0n);
  const wanted = BigInt(Math.abs(change));
  const sign = change < 0 ? -1 : 1;
  if (total === 0n || wanted > total) return available.map((count) => withSign(count, sign));
  const products = available.map((count) => BigInt(count) * wanted);
  const shares = products.map((product) => Number(product / total));
  const left = Number(wanted) - shares.reduce((sum, share) => sum + share, 0);
  const byLoss = products
    .map((product, index) => ({ loss: product % total, index }))
    .toSorted((a, b) => (a.loss === b.loss ? 0 : a.loss < b.loss ? 1 : -1));
  for (const { index } of byLoss.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares.map((share) => withSign(share, sign));
}

/** Never −0, which is not equal to 0 everywhere. */
function withSign(value: number, sign: number): number {
  return value === 0 ? 0 : value * sign;
}
