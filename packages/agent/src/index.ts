export { AgentError, isAgentError } from './errors.ts';
export type { AgentErrorCode } from './errors.ts';
export type { AgentOptions } from './options.ts';
export { runAgent } from './run-agent.ts';
export type { AgentDeps, AgentPhase } from './run-agent.ts';
export { runAgentTunnel } from './tunnel/run-agent-tunnel.ts';
export type { AgentTunnelDeps, AgentTunnelOptions, TunnelCredential } from './tunnel/run-agent-tunnel.ts';
