import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { PkiError } from './errors.ts';

/** Keys for sealed texts. Both are base64 of DER: SPKI and PKCS #8. */
export interface SealKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

const INFO = 'clusternet sealed box v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const X25519_SPKI_BYTES = 44;

/** Creates an X25519 key pair. */
export function createSealKeys(): SealKeys {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

/** The public half of a private key, as {@link createSealKeys} gives it. @throws {PkiError} `INVALID_KEY` */
export function publicSealKey(privateKey: string): string {
  return createPublicKey(readPrivateKey(privateKey))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');
}

/**
 * Seals a text to a public key: an ephemeral X25519 exchange, HKDF-SHA-256 over both public keys, AES-256-GCM.
 * Whoever reads the result learns nothing but its length.
 *
 * @param publicKey - base64 of the SPKI of an X25519 key
 * @returns base64
 * @throws {PkiError} `INVALID_KEY`
 */
export function sealText(publicKey: string, text: string): string {
  const recipient = readPublicKey(publicKey);
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralSpki = ephemeral.publicKey.export({ type: 'spki', format: 'der' });
  const key = deriveKey(ephemeral.privateKey, recipient, ephemeralSpki, spkiOf(recipient));
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([ephemeralSpki, nonce, cipher.getAuthTag(), body]).toString('base64');
}

/**
 * Opens what was sealed to the public half of a private key.
 * @throws {PkiError} `INVALID_KEY`; `NOT_FOR_THIS_KEY` when it was sealed to another key or has been changed
 */
export function openSealedText(privateKey: string, sealed: string): string {
  const own = readPrivateKey(privateKey);
  const bytes = Buffer.from(sealed, 'base64');
  const [spki, nonce, tag, body] = split(bytes, [X25519_SPKI_BYTES, NONCE_BYTES, TAG_BYTES]);
  try {
    const sender = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const decipher = createDecipheriv(
      'aes-256-gcm',
      deriveKey(own, sender, spki, spkiOf(createPublicKey(own))),
      nonce,
    );
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new PkiError('NOT_FOR_THIS_KEY', 'the sealed text does not open with this key', { cause });
  }
}

function split(bytes: Buffer, lengths: readonly [number, number, number]): [Buffer, Buffer, Buffer, Buffer] {
  const [first, second, third] = lengths;
  return [
    bytes.subarray(0, first),
    bytes.subarray(first, first + second),
    bytes.subarray(first + second, first + second + third),
    bytes.subarray(first + second + third),
  ];
}

function deriveKey(own: KeyObject, other: KeyObject, senderSpki: Buffer, recipientSpki: Buffer): Buffer {
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  const salt = Buffer.concat([senderSpki, recipientSpki]);
  return Buffer.from(hkdfSync('sha256', shared, salt, INFO, 32));
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function readPublicKey(text: string): KeyObject {
  return readKey(text, (der) => createPublicKey({ key: der, format: 'der', type: 'spki' }));
}

function readPrivateKey(text: string): KeyObject {
  return readKey(text, (der) => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

function readKey(text: string, read: (der: Buffer) => KeyObject): KeyObject {
  const invalid = (cause?: unknown): PkiError =>
    new PkiError('INVALID_KEY', 'the key is not base64 of an X25519 key in DER form', { cause });
  let key: KeyObject;
  try {
    key = read(Buffer.from(text, 'base64'));
  } catch (cause) {
    throw invalid(cause);
  }
  if (key.asymmetricKeyType !== 'x25519') throw invalid();
  return key;
}
