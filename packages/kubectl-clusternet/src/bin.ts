import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const args = process.argv.slice(2);
const build = { platform: `${process.platform}/${process.arch}`, runtime: `node ${process.version}` };
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined); // the reader has left: head

const stop = new AbortController();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, pass);
  return () => {
    for (const signal of SIGNALS) process.off(signal, pass);
  };
}

for (const signal of SIGNALS) process.on(signal, () => stop.abort());

async function run(): Promise<number> {
  // The rest costs more to load than all of this to run.
  const [{ createKubectl }, { runPlugin }] = await Promise.all([
    import('./kubectl/run-kubectl.ts'),
    import('./run-plugin.ts'),
  ]);
  const isPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-clusternet');
  return runPlugin(
    {
      program: isPlugin ? 'kubectl clusternet' : 'npx @clusternet/kubectl-clusternet',
      version,
      build,
      env: process.env,
      kubectl: createKubectl({ env: process.env, passSignals }),
      readAgentManifests: () => readFileSync(new URL('../manifests/agent.yaml', import.meta.url), 'utf8'),
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
    args,
    stop.signal,
  );
}

if (args.length === 1 && args[0] === 'version')
  process.stdout.write(`${JSON.stringify({ gitVersion: `v${version}`, ...build })}\n`);
else process.exitCode = await run();
