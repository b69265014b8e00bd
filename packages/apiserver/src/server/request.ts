import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { JsonValue } from '@clusternet/kube-data';
import type { ApiError } from '../errors/api-error.ts';
import type { Authentication, UserInfo } from '../filters/identity.ts';
import type { RequestInfo } from '../filters/request-info.ts';
import type { HeaderMap } from './header-map.ts';

/** A request that passed authentication, impersonation and authorization. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Path as it came: not decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Without the credential and without `Impersonate-*`. */
  readonly headers: HeaderMap;
  readonly info: RequestInfo;
  /** Who the request acts as. */
  readonly user: UserInfo;
  /** Who sent it, and how that is known. `method` is `request-header` for what came through the front proxy. */
  readonly authentication: Authentication;
  readonly httpVersion: string;
  readonly remoteAddress: string;
  /**
   * Whether the user may do something else with what the path names.
   * @throws {ApiError} `Forbidden`
   */
  assertAllowed(verb: string): Promise<void>;
  /** The body, for handlers that pass it on. Read it once. */
  readonly body: Readable;
  /**
   * The body as a whole.
   * @throws {ApiError} `RequestEntityTooLarge`
   */
  readBody(): Promise<Buffer>;
  /** Readers of further media types. */
  readonly decoders: BodyDecoders;
}

/**
 * Readers of bodies of media types besides JSON and YAML.
 * They throw what `refuse` makes out of the reason why a body cannot be read.
 */
export type BodyDecoders = ReadonlyMap<
  string,
  (body: Buffer, refuse: (reason: string) => ApiError) => JsonValue
>;

/** Where an answer goes. HTTP/2 answers have the same methods. */
export type ApiResponse = ServerResponse;

/** A request as it came in. HTTP/2 requests have the same methods. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  /** Where its answer goes: the connection itself for a request to upgrade. */
  readonly out: ApiResponse | Duplex;
}

/**
 * Answers a request. What it throws is written as a Status, unless the answer has begun.
 * @param signal - aborts when the client is gone, the time is up or the server stops
 */
export type ApiHandler = (request: ApiRequest, response: ApiResponse, signal: AbortSignal) => Promise<void>;

/** Answers a request to upgrade. It owns the socket; what it throws is written as a Status if nothing was yet. */
export type UpgradeHandler = (
  request: ApiRequest,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal,
) => Promise<void>;
