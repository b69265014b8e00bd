import { gzipSync } from 'node:zlib';

const BLOCK = 512;

/**
 * A tar archive, gzipped; the same files give the same bytes, as a manifest with their digest wants it.
 * @param {readonly { readonly name: string, readonly mode: number, readonly data: Uint8Array }[]} files
 * @returns {Buffer}
 */
export function writeTarGz(files) {
  const blocks = files.flatMap(({ name, mode, data }) => [
    createHeader(name, mode, data.length),
    data,
    Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK),
  ]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
}

/** A ustar header of a file of nobody, made at no time. */
function createHeader(name, mode, sizeBytes) {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long a name for this archive`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value, width) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(sizeBytes, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148); // the sum is taken with blanks in its place
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
