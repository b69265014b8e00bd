import { concatBytes } from '../concat-bytes.ts';
import { ApiError } from '../errors.ts';
import type { ExecSession } from './exec.ts';

/** What came of a command. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command is given, and how much it may print. */
export interface CollectOptions {
  /** Given to its standard input, which then ends. @default it has none */
  readonly input?: Uint8Array | string;
  /** More output than this breaks it off. @default 16 MiB */
  readonly maxOutputBytes?: number;
}

/** Feeds a command, reads all that it prints, and waits for its end. @throws {ApiError} also `TOO_LARGE` */
export async function collectOutput(
  session: ExecSession,
  { input, maxOutputBytes = 16 * 1024 * 1024 }: CollectOptions,
  what: string,
): Promise<CommandResult> {
  await using _session = session;
  const feed = async (): Promise<void> => {
    if (input === undefined) return;
    await session.write(input);
    await session.end();
  };
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const read = async (): Promise<void> => {
    let sizeBytes = 0;
    for await (const { stream, data } of session.output) {
      sizeBytes += data.length;
      if (sizeBytes > maxOutputBytes)
        throw new ApiError('TOO_LARGE', `${what}: it printed more than ${maxOutputBytes} bytes`);
      chunks[stream].push(data);
    }
  };
  // A command may end without reading what it is given: how it ended counts then.
  const fed = feed().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await read();
  const failed = await fed;
  const exitCode = await session.exitCode.catch((error: unknown) => {
    throw failed?.error ?? error;
  });
  const text = (parts: readonly Uint8Array[]): string => new TextDecoder().decode(concatBytes(parts));
  return { exitCode, stdout: text(chunks.stdout), stderr: text(chunks.stderr) };
}
