import type { ByteStreamOptions, TunnelByteStream, TunnelLeg, TunnelSession } from '@clusternet/tunnel';
import type { OpenOptions, RequestHead, V2Stream } from '@clusternet/tunnel-protocol';

/** Between a cluster's id and what is asked of it, as Go has it. */
export const CLUSTER_SEPARATOR = '::';

export interface RemoteTunnelSetup {
  readonly clusterId: string;
  readonly peerId: string;
  /** To the hub that holds the cluster's session. */
  readonly link: TunnelSession;
  /** Told of each stream that is opened. */
  readonly onForward: (kind: 'request' | 'stream') => void;
}

/** What a peer says of the session that it holds. */
export interface RemoteTunnelState {
  readonly version: 1 | 2;
  readonly targets: readonly string[];
  readonly state: 'draining' | 'live' | 'silent';
  /** In the clock's monotonic ms. */
  readonly lastSeenMs: number;
}

/**
 * A tunnel that another hub holds, as if it were here: streams go over the link to that hub, which passes them on to the
 * agent and to nobody else. Sizes and times are those of the link.
 */
export class RemoteTunnel implements TunnelSession {
  readonly hop: string;
  readonly #setup: RemoteTunnelSetup;
  readonly #gone = Promise.withResolvers<undefined>();
  #state: RemoteTunnelState;
  #isClosed = false;

  constructor(setup: RemoteTunnelSetup, state: RemoteTunnelState) {
    this.#setup = setup;
    this.#state = state;
    this.hop = `hub → hub ${setup.peerId} → agent ${setup.clusterId}`;
  }

  /** The peer told of a change. */
  update(state: RemoteTunnelState): void {
    this.#state = state;
  }

  /** The peer does not hold it any more, or cannot be reached. */
  end(): void {
    this.#isClosed = true;
    this.#gone.resolve(undefined);
  }

  get version(): 1 | 2 {
    return this.#state.version;
  }

  get leg(): TunnelLeg {
    return this.#setup.link.leg;
  }

  get lastSeenMs(): number {
    return this.#state.state === 'silent' ? this.#state.lastSeenMs : this.#setup.link.lastSeenMs;
  }

  get isSilent(): boolean {
    return this.#state.state === 'silent' || this.#setup.link.isSilent;
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#setup.link.isClosed;
  }

  get isDraining(): boolean {
    return this.#state.state === 'draining' || this.#setup.link.isDraining;
  }

  get streams(): number {
    return this.#setup.link.streams;
  }

  get bufferedBytes(): number {
    return this.#setup.link.bufferedBytes;
  }

  get receivedBytes(): number {
    return this.#setup.link.receivedBytes;
  }

  get sentBytes(): number {
    return this.#setup.link.sentBytes;
  }

  get creditStalls(): number {
    return this.#setup.link.creditStalls;
  }

  get roundTripMs(): number | undefined {
    return this.#setup.link.roundTripMs;
  }

  /** Empty over a link of version 1, which carries no requests. */
  get targets(): readonly string[] {
    return this.#setup.link.version === 2 ? this.#state.targets : [];
  }

  open(network: string, address: string, options?: ByteStreamOptions): TunnelByteStream {
    const { clusterId, link, onForward } = this.#setup;
    const stream = link.open(clusterId + CLUSTER_SEPARATOR + network, address, options);
    onForward('stream');
    return stream;
  }

  request(head: RequestHead, options?: OpenOptions): V2Stream {
    const { clusterId, link, onForward } = this.#setup;
    const stream = link.request({ ...head, target: clusterId + CLUSTER_SEPARATOR + head.target }, options);
    onForward('request');
    return stream;
  }

  onSilence(listener: (isSilent: boolean) => void): () => void {
    return this.#setup.link.onSilence(listener);
  }

  onHello(listener: () => void): () => void {
    listener(); // it came with the news
    return () => {};
  }

  onDraining(): () => void {
    return () => {}; // told by whoever watches the peer's news
  }

  announce(): void {} // for the links themselves

  drain(): void {} // whoever holds the session decides

  async closed(): Promise<void> {
    await this.#gone.promise;
  }

  /** Forgets it here; the session belongs to the peer. */
  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
