export { createCa, issueCertificate, signCsr } from './certificates.ts';
export type { CertificatePair, CertificateRequest, CertificateSubject } from './certificates.ts';
export { PkiError, isPkiError } from './errors.ts';
export type { PkiErrorCode } from './errors.ts';
export { signDetachedJws, verifyDetachedJws } from './detached-jws.ts';
export { hashPublicKey, isIssuedBy, parseCertificates } from './trust.ts';
export { createSealKeys, openSealedText, publicSealKey, sealText } from './sealed-box.ts';
export type { SealKeys } from './sealed-box.ts';
