import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { PluginError } from '../errors.ts';
import type { TaintOrder } from './change-taints.ts';
import { CORDON_TAINT } from './cordon-taint.ts';
import { parseTaintChange, planTaints } from './plan-taints.ts';

const USAGE: Readonly<Record<string, string>> = {
  cordon: 'cordon takes one cluster, and --evict',
  uncordon: 'uncordon takes one cluster',
  taint:
    'taint takes one cluster and KEY=VALUE:EFFECT, KEY:EFFECT or KEY:EFFECT-, and --overwrite and --evict',
};

/**
 * What `cordon`, `uncordon` and `taint` are to do.
 * @param words - the command line without the command
 * @throws {PluginError} `USAGE`
 */
export function readTaintOrder(command: string, words: readonly string[]): TaintOrder {
  const usage = USAGE[command] ?? '';
  const { values, positionals } = parse(usage, words);
  const [word, ...rest] = positionals;
  const isTaint = command === 'taint';
  if (word === undefined || isTaint !== rest.length > 0 || (command !== 'taint' && values.overwrite))
    throw new PluginError('USAGE', usage);
  const isEvicting = values.evict;
  const others = (current: Parameters<TaintOrder['plan']>[0]) =>
    current.filter(({ key }) => key !== CORDON_TAINT);
  switch (command) {
    case 'cordon': {
      const plan: TaintOrder['plan'] = (current) =>
        current.some(({ key }) => key === CORDON_TAINT)
          ? current
          : [...current, { key: CORDON_TAINT, effect: 'NoSchedule' }];
      return { word, plan, isEvicting, done: 'cordoned', idle: 'already cordoned' };
    }
    case 'uncordon':
      return { word, plan: others, isEvicting: true, done: 'uncordoned', idle: 'already uncordoned' };
    default: {
      const changes = rest.map(parseTaintChange);
      const plan: TaintOrder['plan'] = (current) => planTaints(current, changes, values.overwrite);
      return { word, plan, isEvicting, done: 'tainted', idle: 'not changed' };
    }
  }
}

function parse(usage: string, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { evict: { type: 'boolean', default: false }, overwrite: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new PluginError('USAGE', `${usage}: ${errorText(error)}`, { cause: error });
  }
}
