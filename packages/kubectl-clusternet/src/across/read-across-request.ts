import { parseArgs } from 'node:util';
import { isParseError, parseLabelSelector } from '@clusternet/kube-data';
import { PluginError } from '../errors.ts';
import { readDurationMs } from '../args/read-duration.ts';

export type AcrossOutput = 'json' | 'name' | 'table' | 'wide' | 'yaml';

/** `get … --clusters WHICH`, read. */
export interface AcrossRequest {
  /** `all`, a selector, or names. */
  readonly clusters: string;
  /** As people write them: `po`, `deploy.apps`. */
  readonly kinds: readonly string[];
  /** None: all objects. */
  readonly names: readonly string[];
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly output: AcrossOutput;
  readonly hasHeaders: boolean;
  readonly isShowingLabels: boolean;
  /** For each cluster. */
  readonly timeoutMs: number;
  /** Clusters asked at one time. */
  readonly parallel: number;
}

const OUTPUTS: readonly string[] = ['json', 'name', 'wide', 'yaml'];
const MAX_PARALLEL = 256;
const OPTIONS = {
  'all-namespaces': { type: 'boolean', short: 'A', default: false },
  'field-selector': { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'no-headers': { type: 'boolean', default: false },
  output: { type: 'string', short: 'o' },
  parallel: { type: 'string', default: '32' },
  'request-timeout': { type: 'string', default: '10s' },
  selector: { type: 'string', short: 'l' },
  'show-labels': { type: 'boolean', default: false },
} as const;

/**
 * @param words - the command line without `get` and `--clusters`
 * @param namespace - of the context; empty for none
 * @throws {PluginError} `USAGE`
 */
export function readAcrossRequest(
  words: readonly string[],
  clusters: string,
  namespace: string,
): AcrossRequest {
  const { values, positionals } = parse(words);
  const { kinds, names } = readObjects(positionals);
  const parallel = Number(values.parallel);
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MAX_PARALLEL)
    throw new PluginError('USAGE', `--parallel takes 1 to ${MAX_PARALLEL}, not "${values.parallel}"`);
  if (values.output !== undefined && !OUTPUTS.includes(values.output)) {
    throw new PluginError(
      'USAGE',
      `with --clusters -o takes ${OUTPUTS.join(', ')}, not "${values.output}"; -o json leaves the rest to jq`,
    );
  }
  if (names.length > 0 && values['all-namespaces'])
    throw new PluginError('USAGE', 'a name is looked for in one namespace: give -n in place of -A');
  if (names.length > 0 && (values.selector ?? values['field-selector']) !== undefined)
    throw new PluginError('USAGE', 'give names or a selector, not both');
  assertSelector(values.selector);
  return {
    clusters,
    kinds,
    names,
    namespace: values['all-namespaces']
      ? undefined
      : (values.namespace ?? (namespace === '' ? 'default' : namespace)),
    labelSelector: values.selector,
    fieldSelector: values['field-selector'],
    output: (values.output ?? 'table') as AcrossOutput, // one of OUTPUTS, as seen above
    hasHeaders: !values['no-headers'],
    isShowingLabels: values['show-labels'],
    timeoutMs: readDurationMs('--request-timeout', values['request-timeout']),
    parallel,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    const flags = Object.keys(OPTIONS).map((name) => `--${name}`);
    const why = error instanceof Error ? error.message.replace(/\. .*$/s, '') : '';
    throw new PluginError('USAGE', `get --clusters takes ${flags.join(', ')}: ${why}`, { cause: error });
  }
}

/** `KINDS [NAME…]` or `KIND/NAME…` of one kind. */
function readObjects(words: readonly string[]): Pick<AcrossRequest, 'kinds' | 'names'> {
  const [first, ...names] = words;
  if (first === undefined)
    throw new PluginError('USAGE', 'get takes a kind, such as get pods --clusters all');
  const kinds = first.split(',').filter((kind) => kind !== '');
  if (!first.includes('/')) {
    if (names.length > 0 && kinds.length > 1)
      throw new PluginError('USAGE', `names go with one kind, not with ${kinds.join(' and ')}`);
    return { kinds, names };
  }
  const pairs = words.map((word) => word.split('/'));
  const [kind = ''] = pairs[0] ?? [];
  const isOne = pairs.every((pair) => pair.length === 2 && pair[0] === kind && pair[1] !== '');
  if (!isOne || kind === '')
    throw new PluginError(
      'USAGE',
      `with --clusters KIND/NAME takes one kind at a time, not ${words.join(' ')}`,
    );
  return { kinds: [kind], names: pairs.map(([, name = '']) => name) };
}

function assertSelector(selector: string | undefined): void {
  try {
    parseLabelSelector(selector ?? '');
  } catch (error) {
    if (!isParseError(error)) throw error;
    throw new PluginError('USAGE', `-l takes a label selector, not "${selector}": ${error.message}`);
  }
}
