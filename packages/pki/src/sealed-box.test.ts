import { describe, expect, it } from 'vitest';
import { createSealKeys, openSealedText, publicSealKey, sealText } from './sealed-box.ts';

describe('sealText', () => {
  it('gives a text that only the holder of the private key opens', () => {
    const keys = createSealKeys();
    const sealed = sealText(keys.publicKey, 'a secret, ünïcode too');
    expect(openSealedText(keys.privateKey, sealed)).toBe('a secret, ünïcode too');
    expect(publicSealKey(keys.privateKey)).toBe(keys.publicKey);
  });

  it('never gives the same text twice', () => {
    const { publicKey } = createSealKeys();
    expect(sealText(publicKey, 'x')).not.toBe(sealText(publicKey, 'x'));
  });

  it.each(['', 'not a key', Buffer.from('short').toString('base64')])('refuses "%s" as a key', (key) => {
    expect(() => sealText(key, 'x')).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  });
});

describe('openSealedText', () => {
  it.each([
    { why: 'another key', change: (text: string) => text, other: true },
    { why: 'a changed byte', change: (text: string) => `${text.slice(0, -4)}AAA=`, other: false },
    { why: 'a cut text', change: (text: string) => text.slice(0, 40), other: false },
    { why: 'nothing', change: () => '', other: false },
  ])('does not open with $why', ({ change, other }) => {
    const keys = createSealKeys();
    const sealed = change(sealText(keys.publicKey, 'a secret'));
    const { privateKey } = other ? createSealKeys() : keys;
    expect(() => openSealedText(privateKey, sealed)).toThrow(
      expect.objectContaining({ code: 'NOT_FOR_THIS_KEY' }),
    );
  });
});
