export { runAgentTunnel } from './tunnel/run-agent-tunnel.ts';
export type { AgentTunnelDeps, AgentTunnelOptions, TunnelCredential } from './tunnel/run-agent-tunnel.ts';
