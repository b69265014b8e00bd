import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Real kube-apiservers in place of embedded ones. */
  readonly isReal: boolean;
  /** Leave everything running until interrupted. */
  readonly isKept: boolean;
  readonly report: 'json' | 'text';
}

export const DEMO_HELP = `Starts a parent and two child clusters on this machine, joins them and delivers an application.

Usage:
  npm run demo [-- --keep] [-- --real] [-- --report json]

  --keep          leave everything running until Ctrl-C, and print how to reach it
  --real          real kube-apiservers in place of the embedded ones (see: npm run assets)
  --report json   print one JSON line at the end
`;

/** Reads the demo's arguments. @returns undefined when help was asked for @throws TypeError for unknown ones */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keep: { type: 'boolean', default: false },
      real: { type: 'boolean', default: false },
      report: { type: 'string', default: 'text' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.report !== 'json' && values.report !== 'text') {
    throw new TypeError(`--report takes json or text, not "${values.report}"`);
  }
  return { isReal: values.real, isKept: values.keep, report: values.report };
}
