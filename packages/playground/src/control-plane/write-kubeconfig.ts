import { stringifyYaml } from '@clusternet/kube-data';
import type { CertificatePair } from '@clusternet/pki';

/** How a kubeconfig's user proves who it is. */
export type KubeconfigCredential = { readonly certificate: CertificatePair } | { readonly token: string };

/** Writes a kubeconfig with one context. */
export function writeKubeconfig(options: {
  readonly clusterName: string;
  readonly userName: string;
  readonly server: string;
  readonly caPem: string;
  readonly credential: KubeconfigCredential;
}): string {
  const { clusterName, userName, server, caPem, credential } = options;
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const context = `${userName}@${clusterName}`;
  const user = context; // unique, so that files can be joined: kubectl takes the first of two entries of one name
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterName, cluster: { server, 'certificate-authority-data': encode(caPem) } }],
    users: [
      {
        name: user,
        user:
          'token' in credential
            ? { token: credential.token }
            : {
                'client-certificate-data': encode(credential.certificate.certPem),
                'client-key-data': encode(credential.certificate.keyPem),
              },
      },
    ],
    contexts: [{ name: context, context: { cluster: clusterName, user } }],
    'current-context': context,
  });
}
