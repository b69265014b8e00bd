import { ParseError } from './errors.ts';

/** How a quantity was written, and how a result is written back. */
export type QuantityFormat = 'BinarySI' | 'DecimalExponent' | 'DecimalSI';

/** A Kubernetes resource quantity, exact to 10⁻⁹ (finer input is rounded away from zero, as Kubernetes does). */
export interface Quantity {
  /** The value times 10⁹. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,4}))$/;
const NANO_DIGITS = 9;
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * Parses `1500m`, `0.5`, `128Mi`, `2e3`.
 *
 * @throws {ParseError} `INVALID_QUANTITY`
 */
export function parseQuantity(text: string): Quantity {
  const match = QUANTITY.exec(text);
  const [, sign = '', whole = '', fraction = '', binary, decimal, exponent] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new ParseError('INVALID_QUANTITY', `"${text}" is not a quantity such as 500m, 2 or 128Mi`);
  }
  const digits = BigInt(whole + fraction);
  const factor = binary === undefined ? 1n : 1024n ** BigInt(BINARY_SUFFIXES.indexOf(binary));
  const power = exponent === undefined ? decimalPower(decimal ?? '') : Number(exponent);
  const magnitude = scale(
    digits * factor,
    NANO_DIGITS + (binary === undefined ? power : 0) - fraction.length,
  );
  return { nanos: sign === '-' ? -magnitude : magnitude, format: formatOf(binary, exponent) };
}

function formatOf(binary: string | undefined, exponent: string | undefined): QuantityFormat {
  if (binary !== undefined) return 'BinarySI';
  return exponent === undefined ? 'DecimalSI' : 'DecimalExponent';
}

function decimalPower(suffix: string): number {
  return (DECIMAL_SUFFIXES.indexOf(suffix) - DECIMAL_SUFFIXES.indexOf('')) * 3;
}

/** `value` times ten to `power`, rounded up. */
function scale(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

function toQuantity(value: Quantity | string): Quantity {
  return typeof value === 'string' ? parseQuantity(value) : value;
}

/** Adds quantities, exactly. The result is written in the format of the first that is not zero. */
export function addQuantities(...values: readonly (Quantity | string)[]): Quantity {
  let sum: Quantity = { nanos: 0n, format: 'DecimalSI' };
  for (const value of values.map(toQuantity)) {
    sum = { nanos: sum.nanos + value.nanos, format: sum.nanos === 0n ? value.format : sum.format };
  }
  return sum;
}

/** Negative, zero or positive as `a` is smaller than, equal to or greater than `b`. */
export function compareQuantities(a: Quantity | string, b: Quantity | string): number {
  const difference = toQuantity(a).nanos - toQuantity(b).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const NANO = 1_000_000_000n;

/** The canonical text: no fraction, and the largest suffix with which that is possible. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity;
  if (nanos === 0n) return '0';
  if (format === 'BinarySI' && nanos % NANO === 0n && (nanos >= 1024n * NANO || nanos <= -1024n * NANO)) {
    const [value, power] = divideOut({ value: nanos / NANO, base: 1024n, most: BINARY_SUFFIXES.length - 1 });
    return `${value}${BINARY_SUFFIXES[power] ?? ''}`;
  }
  const [value, power] = divideOut({ value: nanos, base: 1000n, most: DECIMAL_SUFFIXES.length - 1 });
  if (format !== 'DecimalExponent') return `${value}${DECIMAL_SUFFIXES[power] ?? ''}`;
  const exponent = power * 3 - NANO_DIGITS;
  return exponent === 0 ? value.toString() : `${value}e${exponent}`;
}

function divideOut(input: { value: bigint; base: bigint; most: number }): [bigint, number] {
  let { value } = input;
  let power = 0;
  while (power < input.most && value % input.base === 0n) {
    value /= input.base;
    power += 1;
  }
  return [value, power];
}
