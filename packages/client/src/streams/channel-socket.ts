import type { ConnectionConfig } from '../connection-config.ts';

/** A websocket as streams of pods need it. */
export interface ChannelSocket {
  /** The one that the server chose. */
  readonly protocol: string;
  /** Whole messages, for one reader. Reading slowly slows the sender, where the platform knows how. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Settles once it is on its way. */
  send(message: Uint8Array): Promise<void>;
  close(): void;
}

export interface SocketTarget {
  readonly connection: ConnectionConfig;
  /** Path and query below the server's base path. */
  readonly path: string;
  readonly protocols: readonly string[];
  /** What it is for, for errors. */
  readonly what: string;
  readonly hop: string;
  /** The error that an answer stands for which is no upgrade. */
  readonly explain: (status: number, text: string) => Error;
}

/** @throws {ApiError} when the server refuses, or cannot be reached */
export type OpenSocket = (target: SocketTarget, signal?: AbortSignal) => Promise<ChannelSocket>;
