// Control planes of the playground's benchmark, in a process of their own. argv: <folder> [<how many more>].
// Prints a line once the first one is up, and one about those that follow.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControlPlane } from '@clusternet/playground';
import type { ControlPlane } from '@clusternet/playground';

const [folder = '.', moreText = '0'] = process.argv.slice(2);
const first = await startControlPlane({ name: 'bench' });
const admin = await first.issueClientCertificate({ name: 'admin', groups: ['system:masters'] });
writeFileSync(join(folder, 'embedded.crt'), admin.certPem);
writeFileSync(join(folder, 'embedded.key'), admin.keyPem, { mode: 0o600 });
process.stdout.write(`${JSON.stringify({ url: first.url })}\n`);

const more = Number(moreText);
if (more > 0) {
  // What one loads for all, and what a heap keeps once it has worked, is not what a further one costs.
  const early: ControlPlane[] = [];
  for (let index = 0; index < 10; index += 1) early.push(await startControlPlane({ name: `early-${index}` }));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const times: number[] = [];
  for (let index = 0; index < more; index += 1) {
    const startMs = performance.now();
    const plane = await startControlPlane({ name: `more-${index}` });
    times.push(performance.now() - startMs);
    early.push(plane);
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  globalThis.gc?.();
  const rssMiB = (process.memoryUsage.rss() - before) / more / 1024 / 1024;
  process.stdout.write(`${JSON.stringify({ times, rssMiB, planes: early.length })}\n`);
}
setInterval(() => undefined, 60_000);
