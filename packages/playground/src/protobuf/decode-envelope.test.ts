import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from './decode-envelope.ts';

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

function field(number: number, value: Buffer | number | string): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const type = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw)]);
}

describe('decodeEnvelope', () => {
  it('reads maps, bytes and metadata', () => {
    const metadata = Buffer.concat([field(1, 'x'), field(11, Buffer.concat([field(1, 'a'), field(2, 'b')]))]);
    const data = Buffer.concat([field(1, 'key'), field(2, 'value')]);
    const raw = Buffer.concat([field(1, metadata), field(2, data), field(3, 'Opaque')]);
    expect(decodeEnvelope(envelope('v1', 'Secret', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', labels: { a: 'b' } },
      data: { key: Buffer.from('value').toString('base64') },
      type: 'Opaque',
    });
  });

  it('keeps a zero behind a pointer, drops one that is not', () => {
    const spec = Buffer.concat([field(1, 0), field(5, 0)]); // replicas, minReadySeconds
    expect(decodeEnvelope(envelope('apps/v1', 'Deployment', field(2, spec)))).toMatchObject({
      spec: { replicas: 0 },
    });
    expect(decodeEnvelope(envelope('apps/v1', 'Deployment', field(2, spec)))).not.toHaveProperty(
      'spec.minReadySeconds',
    );
  });

  it('lays inlined structs into their owner', () => {
    const source = field(6, field(1, 'mine')); // secret: secretName
    const volume = Buffer.concat([field(1, 'v'), field(2, source)]);
    const raw = field(2, field(1, volume)); // spec.volumes
    expect(decodeEnvelope(envelope('v1', 'Pod', raw))).toMatchObject({
      spec: { volumes: [{ name: 'v', secret: { secretName: 'mine' } }] },
    });
  });

  it.each([
    ['what is no protobuf', Buffer.from('{}')],
    ['what ends early', envelope('v1', 'Secret', field(1, 'x')).subarray(0, -1)],
    ['kinds it does not know', envelope('example.com/v1', 'Widget', Buffer.alloc(0))],
  ])('refuses %s', (_why, bytes) => {
    expect(() => decodeEnvelope(bytes)).toThrow(expect.objectContaining({ code: 'BadRequest' }));
  });
});
