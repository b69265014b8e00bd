import { isJsonObject, parseJson } from '@clusternet/kube-data';
import type { JsonValue } from '@clusternet/kube-data';
import { concatBytes } from '../concat-bytes.ts';
import { ApiError } from '../errors.ts';
import type { ChannelSocket } from './channel-socket.ts';

/** The newer one can end standard input alone. */
export const EXEC_PROTOCOLS: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
/** Larger input is sent in pieces of this, bytes. */
const PIECE_BYTES = 32 * 1024;

/** A piece of what a command prints. */
export interface ExecOutput {
  readonly stream: 'stderr' | 'stdout';
  readonly data: Uint8Array;
}

/** A command that runs in a container. Disposing it breaks it off. */
export interface ExecSession extends AsyncDisposable {
  /** What it prints, in the order in which it comes. For one reader; a command that nobody reads waits. */
  readonly output: AsyncIterable<ExecOutput>;
  /**
   * Settles once `output` has been read to its end.
   * @throws {ApiError} when the command could not be started, or the connection broke before it ended
   */
  readonly exitCode: Promise<number>;
  /** Writes to standard input, which has to be asked for. */
  write(data: Uint8Array | string): Promise<void>;
  /** Ends standard input. @throws {ApiError} `METHOD_NOT_ALLOWED` for servers before Kubernetes 1.30, which cannot */
  end(): Promise<void>;
  /** Tells the terminal how large it is. */
  resize(size: { readonly columns: number; readonly rows: number }): Promise<void>;
}

/** Speaks the protocol of exec over a socket. */
export function startExec(socket: ChannelSocket, what: string, hop: string): ExecSession {
  const { promise: exitCode, resolve, reject } = Promise.withResolvers<number>();
  exitCode.catch(() => undefined); // whoever asks is told
  const sendOn = (channel: number, data: Uint8Array): Promise<void> =>
    socket.send(concatBytes([Uint8Array.of(channel), data]));

  async function* read(): AsyncGenerator<ExecOutput, void, undefined> {
    try {
      for await (const message of socket.messages) {
        const [channel] = message;
        const data = message.subarray(1);
        if (channel === CHANNEL.status) {
          settle(data, what, hop, { resolve, reject });
        } else if (data.length > 0 && channel === CHANNEL.stdout) {
          yield { stream: 'stdout', data };
        } else if (data.length > 0 && channel === CHANNEL.stderr) {
          yield { stream: 'stderr', data };
        }
      }
      reject(
        new ApiError('UNREACHABLE', `${what}: ${hop} closed the connection before the command ended`, {
          hop,
        }),
      );
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      reject(new ApiError('UNREACHABLE', `${what}: its output was not read to the end`, { hop }));
      socket.close();
    }
  }

  return {
    output: { [Symbol.asyncIterator]: read },
    exitCode,
    write: async (data) => {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      for (let from = 0; from < bytes.length; from += PIECE_BYTES)
        await sendOn(CHANNEL.stdin, bytes.subarray(from, from + PIECE_BYTES));
    },
    end: async () => {
      if (socket.protocol !== EXEC_PROTOCOLS[0])
        throw new ApiError(
          'METHOD_NOT_ALLOWED',
          `${what}: ${hop} is older than Kubernetes 1.30 and cannot end standard input; have the command read a length or a last line`,
          { hop },
        );
      await sendOn(CHANNEL.close, Uint8Array.of(CHANNEL.stdin));
    },
    resize: ({ columns, rows }) =>
      sendOn(CHANNEL.resize, new TextEncoder().encode(JSON.stringify({ Width: columns, Height: rows }))),
    [Symbol.asyncDispose]: () => {
      reject(new ApiError('UNREACHABLE', `${what}: was broken off here`, { hop }));
      socket.close();
      return Promise.resolve();
    },
  };
}

/** Reads the Status at a command's end: success is 0, a code that is not 0 is a cause of a failure. */
function settle(
  data: Uint8Array,
  what: string,
  hop: string,
  {
    resolve,
    reject,
  }: { readonly resolve: (code: number) => void; readonly reject: (error: unknown) => void },
): void {
  const text = new TextDecoder().decode(data);
  let status: JsonValue;
  try {
    status = parseJson(text);
  } catch {
    status = null;
  }
  if (!isJsonObject(status)) {
    reject(
      new ApiError('BAD_RESPONSE', `${what}: ${hop} ended it with something that is no Status`, { hop }),
    );
    return;
  }
  const code = status['status'] === 'Success' ? 0 : exitCodeOf(status['details']);
  if (code !== undefined) resolve(code);
  else {
    const message = typeof status['message'] === 'string' ? status['message'] : text;
    reject(new ApiError('SERVER_ERROR', `${what}: ${hop} could not run it: ${message}`, { hop }));
  }
}

function exitCodeOf(details: JsonValue | undefined): number | undefined {
  const causes = isJsonObject(details) ? details['causes'] : undefined;
  if (!Array.isArray(causes)) return undefined;
  const cause = causes.find((entry) => isJsonObject(entry) && entry['reason'] === 'ExitCode');
  const code = Number(isJsonObject(cause) ? cause['message'] : Number.NaN);
  return Number.isInteger(code) ? code : undefined;
}
