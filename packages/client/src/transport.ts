/** The seam between the SDK and whatever carries HTTP. */

export type HttpMethod = 'DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT';

/** One request as a transport carries it. */
export interface TransportRequest {
  readonly method: HttpMethod;
  /** Path and query below the server's base path, percent-encoded, with a leading slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, readonly string[] | string>>;
  readonly body?: Uint8Array | string;
  /** A long-lived answer (watch, log): no idle limit, and a connection of its own kind. @default false */
  readonly stream?: boolean;
}

/** An answer, of any status. */
export interface TransportResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads all of the body. @throws {ApiError} `TOO_LARGE` above the transport's limit */
  text(): Promise<string>;
  /** The body as it comes. Leaving the loop closes it. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Carries requests to one server as one identity. */
export interface Transport extends AsyncDisposable {
  /** Names the hop in errors: what it is and where, such as `parent kube-apiserver https://10.0.0.1:6443`. */
  readonly hop: string;
  /**
   * @throws {ApiError} `UNREACHABLE`, `UNTRUSTED_CERTIFICATE`, `TIMEOUT`; an answer of any status is no error
   *   here.
   */
  request(request: TransportRequest, signal?: AbortSignal): Promise<TransportResponse>;
}
