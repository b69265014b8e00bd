/** One field on the wire: a number for varints, bytes for everything else. */
export interface WireField {
  readonly number: number;
  readonly integer: bigint;
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/**
 * Reads the fields of a message in order.
 * @throws {Error} for bytes that end early or use groups
 */
export function* createReader(bytes: Buffer): Generator<WireField> {
  let position = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position];
      if (byte === undefined) throw new Error('the message ends within a number');
      position += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('a number is too long');
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - position) throw new Error('the message ends within a field');
    const part = bytes.subarray(position, position + length);
    position += length;
    return part;
  };
  while (position < bytes.length) {
    const tag = Number(readVarint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, integer: readVarint(), bytes: NOTHING };
        break;
      case 1:
        yield { number, integer: 0n, bytes: take(8) };
        break;
      case 2:
        yield { number, integer: 0n, bytes: take(Number(readVarint())) };
        break;
      case 5:
        yield { number, integer: 0n, bytes: take(4) };
        break;
      default:
        throw new Error(`wire type ${tag & 7} is not used by Kubernetes`);
    }
  }
}
