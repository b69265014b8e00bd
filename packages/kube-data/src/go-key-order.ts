/**
 * Compares keys the way Go's YAML writer sorts them: runs of digits by value, punctuation before letters
 * (`a9`, `a10`, `a-b`, `ab`), the shorter first.
 */
export function compareYamlKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  let afterDigit = false;
  for (let index = 0; index < a.length && index < b.length; index += 1) {
    const [x = '', y = ''] = [a[index], b[index]];
    if (x === y) {
      afterDigit = isDigit(x);
      continue;
    }
    const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
    if (xLetter !== yLetter) return (afterDigit ? xLetter : yLetter) ? -1 : 1;
    return (xLetter ? 0 : compareNumbers(a, b, index)) || compareCodePoints(x, y);
  }
  return a.length - b.length;
}

/** Compares the runs of digits that start where two keys first differ. */
function compareNumbers(a: readonly string[], b: readonly string[], start: number): number {
  const lead = hasLeadingNumber(a, b, start) ? '1' : '';
  const [x, y] = [digitsFrom(a, start), digitsFrom(b, start)];
  const difference = BigInt(`0${lead}${x}`) - BigInt(`0${lead}${y}`);
  return difference === 0n ? x.length - y.length : difference < 0n ? -1 : 1;
}

/** Zeros count when the number has begun before them: `10` and `1` differ, `00` and `0` do by length only. */
function hasLeadingNumber(a: readonly string[], b: readonly string[], start: number): boolean {
  if (a[start] !== '0' && b[start] !== '0') return false;
  for (let index = start - 1; index >= 0 && isDigit(a[index] ?? ''); index -= 1)
    if (a[index] !== '0') return true;
  return false;
}

function digitsFrom(characters: readonly string[], start: number): string {
  let end = start;
  while (end < characters.length && isDigit(characters[end] ?? '')) end += 1;
  return characters.slice(start, end).join('');
}

function isDigit(character: string): boolean {
  return /^[0-9]$/.test(character);
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}

function compareCodePoints(a: string, b: string): number {
  return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
}
