import { invalidValue, requiredValue, validateSubdomainName } from '@clusternet/apiserver';
import type { StatusCause } from '@clusternet/apiserver';
import type { JsonObject } from '@clusternet/kube-data';
import { numberAt, objectAt, textAt } from '../built-in/fields.ts';

/** What is wrong with the place where a webhook is said to listen. */
export function validateClientConfig(config: JsonObject | undefined, path: string): StatusCause[] {
  const service = objectAt(config, 'service');
  const url = config?.['url'];
  if ((url === undefined) === (service === undefined)) {
    return [requiredValue(path, 'exactly one of url or service is required')];
  }
  return service === undefined
    ? validateUrl(textAt(config, 'url'), `${path}.url`)
    : validateService(service, `${path}.service`);
}

const FORM = '; desired format: https://host[/path]';

function validateUrl(text: string, path: string): StatusCause[] {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1] ?? '';
    return [
      ...(scheme === 'https'
        ? []
        : [invalidValue(path, scheme, `'https' is the only allowed URL scheme${FORM}`)]),
      invalidValue(path, '', `host must be specified${FORM}`),
    ];
  }
  const causes: StatusCause[] = [];
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https')
    causes.push(invalidValue(path, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (url.host === '') causes.push(invalidValue(path, '', `host must be specified${FORM}`));
  if (url.username !== '') {
    const user = url.password === '' ? url.username : `${url.username}:${url.password}`;
    causes.push(invalidValue(path, user, 'user information is not permitted in the URL'));
  }
  if (url.hash !== '')
    causes.push(invalidValue(path, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search !== '')
    causes.push(invalidValue(path, url.search.slice(1), 'query parameters are not permitted in the URL'));
  return causes;
}

function validateService(service: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (textAt(service, 'name') === '') causes.push(requiredValue(`${path}.name`));
  if (textAt(service, 'namespace') === '') causes.push(requiredValue(`${path}.namespace`));
  const port = numberAt(service, 'port') ?? 443;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    causes.push(
      invalidValue(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'),
    );
  return [...causes, ...validatePath(textAt(service, 'path'), `${path}.path`)];
}

function validatePath(text: string, path: string): StatusCause[] {
  if (text === '' || text === '/') return [];
  if (text === '//') return [invalidValue(path, text, 'segment[0] may not be empty')];
  const causes = text.startsWith('/') ? [] : [invalidValue(path, text, "must start with a '/'")];
  const segments = text.slice(1).replace(/\/$/, '').split('/');
  segments.forEach((segment, index) => {
    const reason = segment === '' ? undefined : validateSubdomainName(segment);
    if (segment === '') causes.push(invalidValue(path, text, `segment[${index}] may not be empty`));
    else if (reason !== undefined) causes.push(invalidValue(path, text, `segment[${index}]: ${reason}`));
  });
  return causes;
}
