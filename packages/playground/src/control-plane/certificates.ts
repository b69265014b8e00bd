import { createCa, issueCertificate } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';

/** The key material of a control plane. All of it lives in memory only. */
export interface PlaneCertificates {
  readonly ca: CertificatePair;
  readonly requestHeaderCa: CertificatePair;
  readonly serving: CertificatePair;
  readonly frontProxy: CertificatePair;
  readonly admin: CertificatePair;
  /** What the control plane shows to kubelets. */
  readonly kubeletClient: CertificatePair;
}

export const FRONT_PROXY_NAME = 'front-proxy-client';
export const ADMIN_NAME = 'kubernetes-admin';

/** Makes the certificates of a control plane that listens on loopback. */
export async function createPlaneCertificates(host: string): Promise<PlaneCertificates> {
  const [ca, requestHeaderCa] = await Promise.all([
    createCa({ commonName: 'kubernetes' }),
    createCa({ commonName: 'front-proxy-ca' }),
  ]);
  const [serving, frontProxy, admin, kubeletClient] = await Promise.all([
    issueCertificate(ca, {
      commonName: 'kube-apiserver',
      dnsNames: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
      ],
      ipAddresses: [...new Set(['127.0.0.1', '::1', '10.96.0.1', host])],
      usage: 'server',
    }),
    issueCertificate(requestHeaderCa, { commonName: FRONT_PROXY_NAME, usage: 'client' }),
    issueCertificate(ca, { commonName: ADMIN_NAME, organizations: ['system:masters'], usage: 'client' }),
    issueCertificate(ca, {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      usage: 'client',
    }),
  ]);
  return { ca, requestHeaderCa, serving, frontProxy, admin, kubeletClient };
}
