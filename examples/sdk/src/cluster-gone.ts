// Says when a cluster goes away, and when it is back, until Ctrl-C: node cluster-gone.ts [TIMES]
import { connect } from '@clusternet/client';

const [times = 'Infinity'] = process.argv.slice(2);
let left = Number(times);

await using fleet = await connect({ env: process.env });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

/** What a program of yours would do: page somebody, move work elsewhere. */
function react(text: string): void {
  console.log(text);
  left -= 1;
  if (left <= 0) stop.abort();
}

// A watch in each cluster is what notices first: within seconds, long before its lease runs out.
for await (const event of fleet.across().kind('v1/Node').watch({}, stop.signal)) {
  const { name } = event.cluster;
  switch (event.type) {
    case 'SYNCED':
      console.log(`${name} is being watched`);
      break;
    case 'SILENT':
      react(`${name} is gone: ${String(event.error)}`);
      break;
    case 'LEFT':
      react(`${name} has left for good`);
      break;
    case 'BACK':
      react(`${name} is back`);
      break;
    default: // what happens inside
  }
}
