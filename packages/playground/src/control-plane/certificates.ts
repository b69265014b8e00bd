import { createCa, issueCertificate } from '@clusternet/pki';
import type { CertificatePair } from '@clusternet/pki';

/** The key material of a control plane. All of it lives in memory only. */
export interface PlaneCertificates {
  readonly ca: CertificatePair;
  readonly requestHeaderCa: CertificatePair;
  readonly serving: CertificatePair;
  readonly frontProxy: CertificatePair;
  /** Made when first asked for: most of many control planes never need it. */
  readonly getAdmin: () => Promise<CertificatePair>;
  /** What the control plane shows to kubelets, made when first asked for. */
  readonly getKubeletClient: () => Promise<CertificatePair>;
}

export const FRONT_PROXY_NAME = 'front-proxy-client';
export const ADMIN_NAME = 'kubernetes-admin';

/** Makes the certificates of a control plane that listens on loopback. */
export async function createPlaneCertificates(host: string): Promise<PlaneCertificates> {
  const [ca, requestHeaderCa] = await Promise.all([
    createCa({ commonName: 'kubernetes' }),
    createCa({ commonName: 'front-proxy-ca' }),
  ]);
  const [serving, frontProxy] = await Promise.all([
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
  ]);
  return {
    ca,
    requestHeaderCa,
    serving,
    frontProxy,
    getAdmin: createLazyMaster(ca, ADMIN_NAME),
    getKubeletClient: createLazyMaster(ca, 'kube-apiserver-kubelet-client'),
  };
}

/** The certificate of a member of `system:masters`, issued once. */
function createLazyMaster(ca: CertificatePair, commonName: string): () => Promise<CertificatePair> {
  let issued: Promise<CertificatePair> | undefined;
  return () =>
    (issued ??= issueCertificate(ca, { commonName, organizations: ['system:masters'], usage: 'client' }));
}
