import { SECRET_KEYS } from '@clusternet/api-types';
import type { Secret } from '../parent/resources.ts';
import { REGISTRATION_REF } from './management.ts';

/** With what agents of new clusters register. */
export interface Registration {
  readonly parentUrl: string;
  readonly token: string;
  readonly parentCaPem: string | undefined;
  readonly image?: string;
}

/** Reads Secret `capi-system/clusternet-cluster-api`. @returns what is wrong with it, in a sentence, where it cannot be used */
export function readRegistration(secret: Secret | undefined): Registration | string {
  const { namespace, name } = REGISTRATION_REF;
  const where = `Secret ${namespace}/${name} of the management cluster`;
  if (secret === undefined)
    return `there is no ${where}, see deploy/templates/clusternet_clusterapi_secret.yaml`;
  const text = (key: string): string =>
    Buffer.from(secret.data?.[key] ?? '', 'base64')
      .toString('utf8')
      .trim();
  const parentUrl = text(SECRET_KEYS.parentUrl);
  const token = text(SECRET_KEYS.registrationToken);
  if (!URL.canParse(parentUrl) || new URL(parentUrl).protocol !== 'https:')
    return `${SECRET_KEYS.parentUrl} of ${where} is not https://host[:port]`;
  if (token === '') return `${SECRET_KEYS.registrationToken} of ${where} is empty`;
  const [image, ca] = [text(SECRET_KEYS.image), text(SECRET_KEYS.parentCa)];
  return {
    parentUrl,
    token,
    parentCaPem: ca === '' ? undefined : ca,
    ...(image === '' ? {} : { image }),
  };
}
