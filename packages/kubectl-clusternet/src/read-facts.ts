import { readFileSync } from 'node:fs';

/** What the program brings along. */
export interface ProgramFacts {
  readonly version: string;
  /** The manifests of `deploy/agent`, YAML. */
  readonly agentManifests: string;
}

/** Put in by the build of the program in one file; from source, the files lie in the package. */
declare const EMBEDDED_FACTS: ProgramFacts;

export function readFacts(): ProgramFacts {
  if (typeof EMBEDDED_FACTS !== 'undefined') return EMBEDDED_FACTS;
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const { version } = JSON.parse(read('../package.json')) as { readonly version: string };
  return { version, agentManifests: read('../manifests/agent.yaml') };
}
