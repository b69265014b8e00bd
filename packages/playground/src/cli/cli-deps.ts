import type { Clock, Logger, Random } from '@clusternet/runtime';

/** What a background run tells the command that started it. */
export type ParentMessage =
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'up' };

/** A process that outlives this one once it is let go. */
export interface BackgroundRun {
  /** Calls back for each message until the process is let go. */
  onMessage(callback: (message: ParentMessage) => void): void;
  /** Why it ended. Never, once it is let go. */
  readonly ended: Promise<string>;
  /** Asks it to end. */
  stop(): void;
  /** Lets this process end while that one goes on. */
  release(): void;
}

/** The machine, as commands need it. */
export interface CliDeps {
  /** What a person types to get here. */
  readonly program: string;
  readonly version: string;
  readonly pid: number;
  /** Where playgrounds keep their files unless told. */
  readonly stateRoot: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly createLog: (isVerbose: boolean) => Logger;
  readonly isAlive: (pid: number) => boolean;
  /** Runs this program in the background; what it prints goes to the file. */
  readonly spawnBackground: (args: readonly string[], logPath: string) => Promise<BackgroundRun>;
  /** Tells whoever waits for this background run. */
  readonly tellParent: (message: ParentMessage) => void;
}

export type ExitCode = 0 | 1 | 2;
