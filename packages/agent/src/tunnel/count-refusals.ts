import type { Metrics } from '@clusternet/runtime';

/** Counts what the agent refuses its hubs: a hub that asks for too much, or for what it may not have, shows here. */
export function createRefusalCounter(metrics: Metrics): (code: string) => void {
  const refused = metrics.counter({
    name: 'clusternet_agent_tunnel_refused_total',
    help: 'Requests and streams of the hub that got no whole answer of this cluster, by the code of the refusal',
    labelNames: ['code'],
  });
  return (code) => refused.add(1, { code });
}
