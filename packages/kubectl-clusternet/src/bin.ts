import { readFacts } from './read-facts.ts';

const { agentManifests, version } = readFacts();
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
  return runPlugin(
    {
      // npx says so; kubectl says nothing, and neither do shells.
      program:
        process.env['npm_command'] === 'exec' ? 'npx @clusternet/kubectl-clusternet' : 'kubectl clusternet',
      version,
      build,
      env: process.env,
      kubectl: createKubectl({ env: process.env, passSignals }),
      readAgentManifests: () => agentManifests,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
    args,
    stop.signal,
  );
}

if (args.length === 1 && args[0] === 'version')
  process.stdout.write(`${JSON.stringify({ gitVersion: `v${version}`, ...build })}\n`);
else void run().then((code) => (process.exitCode = code)); // no await here: the program in one file is no module
