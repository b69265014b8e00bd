import type { Fields } from './fields.ts';
import type { ServiceClass } from './frame.ts';

/** An HTTP request that the serving side performs on a connection of its own. */
export interface RequestHead {
  readonly kind: 'request';
  /** A target that the serving side named in its hello, such as `apiserver`. */
  readonly target: string;
  readonly method: string;
  /** Path and query, percent-encoded, with a leading slash. */
  readonly path: string;
  readonly fields: Fields;
}

/** A stream of bytes to an address, as version 1 has them. */
export interface ConnectHead {
  readonly kind: 'connect';
  /** `tcp`, or `<cluster id>::tcp` between hubs. */
  readonly network: string;
  /** `host:port`, or a target that the serving side named in its hello. */
  readonly address: string;
}

export type OpenHead = ConnectHead | RequestHead;

/** The answer to a request. */
export interface ResponseHead {
  /** HTTP status, 200–599. */
  readonly status: number;
  readonly fields: Fields;
}

/** Why and how a stream is opened. */
export interface OpenOptions {
  /** @default interactive */
  readonly serviceClass?: ServiceClass;
  /** The stream carries nothing from the opener: a request without a body. @default false */
  readonly isEnd?: boolean;
}

/** What a side says of itself when a session begins. Unknown members are ignored. */
export interface Hello {
  /** Targets that requests and connects may name. */
  readonly targets: readonly string[];
  /** What this side is, for logs and status. */
  readonly software: string;
  /** This side wants raw streams with TLS from the opener for everything. */
  readonly isEndToEnd: boolean;
}
