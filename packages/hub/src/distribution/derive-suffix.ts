import { createSuffix, encodeUtf8, hashFnv1a32 } from '@clusternet/kube-data';

/** The suffix of a name, derived from what it is for and not drawn: a repeated create finds the first. */
export function deriveSuffix(owner: string, part: string): string {
  const words = [hashFnv1a32(encodeUtf8(`${owner}/${part}`)), hashFnv1a32(encodeUtf8(`${part}/${owner}`))];
  return createSuffix(
    Uint8Array.from(
      words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]),
    ),
  );
}
