import { parseArgs } from 'node:util';
import { errorText } from '@clusternet/runtime';
import { PluginError } from '../errors.ts';

export interface DoctorRequest {
  /** Undefined: all clusters. */
  readonly cluster: string | undefined;
  readonly isJson: boolean;
}

/** @param words - the command line without `doctor` @throws {PluginError} `USAGE` */
export function readDoctorRequest(words: readonly string[]): DoctorRequest {
  const usage = 'doctor takes the name of one cluster, or none, and -o json';
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: { output: { type: 'string', short: 'o' } },
    });
    if (positionals.length > 1 || (values.output ?? 'json') !== 'json') throw new PluginError('USAGE', usage);
    return { cluster: positionals[0], isJson: values.output === 'json' };
  } catch (error) {
    if (error instanceof PluginError) throw error;
    throw new PluginError('USAGE', `${usage}: ${errorText(error)}`, { cause: error });
  }
}
