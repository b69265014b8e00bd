// One control plane of the lifecycle benchmark, in a process of its own. Prints its kubeconfig as one line of JSON.
import { startControlPlane } from '@clusternet/playground';

const [name = 'plane'] = process.argv.slice(2);
const plane = await startControlPlane({ name });
process.stdout.write(`${JSON.stringify({ kubeconfig: await plane.kubeconfig() })}\n`);
setInterval(() => undefined, 60_000);
