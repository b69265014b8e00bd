export { TunnelError, isTunnelError } from './errors.ts';
export type { TunnelErrorCode } from './errors.ts';
export type { ByteStreamOptions, TunnelByteStream, TunnelLeg, TunnelSession } from './tunnel-session.ts';
export type { ClientListener, SessionDeps, TunnelSessionOptions } from './session.ts';
export type { LivenessOptions } from './liveness.ts';
export { acceptTunnel } from './accept-tunnel.ts';
export type { AcceptTunnelDeps, AcceptTunnelOptions, AcceptedPeer, UpgradeRequest } from './accept-tunnel.ts';
export { createLegMemory, dialTunnel } from './dial-tunnel.ts';
export type { DialTunnelDeps, DialTunnelOptions, LegMemory, TunnelTarget } from './dial-tunnel.ts';
export { SOCKETS_PATH, TUNNEL_PROTOCOL, getTunnelUrl } from './handshake.ts';
export { createDialPolicy, parseAddress } from './dial-policy.ts';
export type { DialPolicy, DialTarget } from './dial-policy.ts';
export { createStreamServer, dialTcp, relayStreams } from './serve-streams.ts';
export type { Dial, ServeStreamsDeps } from './serve-streams.ts';
export { runTunnel } from './run-tunnel.ts';
export type { RunTunnelDeps, RunTunnelOptions, TunnelState } from './run-tunnel.ts';
export { toStreamError } from './v2/raw-stream.ts';
export { API_SERVER_TARGET, createRequestServer } from './v2/serve-requests.ts';
export type {
  ApiServerAddress,
  RequestServer,
  RequestServerDeps,
  RequestServerOptions,
} from './v2/serve-requests.ts';
