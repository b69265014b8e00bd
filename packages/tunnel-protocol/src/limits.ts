/** How much a session may hold, and how long it waits before it acts on a peer's silence. */
export interface SessionLimits {
  /** Above this much unread data, a stream's peer is told to pause. @default 512 KiB */
  readonly highWaterBytes?: number;
  /** Below this much, a paused peer is told to go on. @default 128 KiB */
  readonly lowWaterBytes?: number;
  /** A stream with more unread data than this ends. Well above what can be on its way. @default 32 MiB */
  readonly streamLimitBytes?: number;
  /** So does one with more than this whose peer was told to pause `pauseGraceMs` ago. @default 8 MiB */
  readonly pausedLimitBytes?: number;
  /** How long data may still come after a Pause: it was on its way. @default 10000 */
  readonly pauseGraceMs?: number;
  /** Above this much over all streams, each gets only its share. @default 16 MiB */
  readonly sessionHighBytes?: number;
  /** Above this much over all streams, the fullest stream ends. @default 64 MiB */
  readonly sessionLimitBytes?: number;
  /** Streams at once. @default 4096 */
  readonly maxStreams?: number;
  /** A longer message ends the session. @default 4 MiB */
  readonly maxMessageBytes?: number;
  /** How long a pause by a Go peer is left alone before it is questioned. @default 2000 */
  readonly recoverAfterMs?: number;
  /** Data that comes this long after a Pause gets another Pause. @default 3000 */
  readonly repeatPauseAfterMs?: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** No stream's share of a full session is smaller than this. */
const MIN_SHARE_BYTES = 32 * KIB;

/** @returns `limits` with every default in place. */
export function createLimits(limits: SessionLimits = {}): Required<SessionLimits> {
  return {
    highWaterBytes: 512 * KIB,
    lowWaterBytes: 128 * KIB,
    streamLimitBytes: 32 * MIB,
    pausedLimitBytes: 8 * MIB,
    pauseGraceMs: 10_000,
    sessionHighBytes: 16 * MIB,
    sessionLimitBytes: 64 * MIB,
    maxStreams: 4096,
    maxMessageBytes: 4 * MIB,
    recoverAfterMs: 2000,
    repeatPauseAfterMs: 3000,
    ...limits,
  };
}

/** Where one stream pauses and resumes its peer. */
export interface WaterMarks {
  readonly highBytes: number;
  readonly lowBytes: number;
}

/**
 * The marks that hold now: the configured ones, or a stream's share of the session while that is full.
 *
 * @param sessionBytes - unread in all streams together
 * @param streams - how many there are
 */
export function getWaterMarks(
  limits: Required<SessionLimits>,
  sessionBytes: number,
  streams: number,
): WaterMarks {
  const { highWaterBytes, lowWaterBytes, sessionHighBytes } = limits;
  if (sessionBytes <= sessionHighBytes) return { highBytes: highWaterBytes, lowBytes: lowWaterBytes };
  const share = Math.max(MIN_SHARE_BYTES, Math.floor(sessionHighBytes / Math.max(1, streams)));
  const highBytes = Math.min(highWaterBytes, share);
  return { highBytes, lowBytes: Math.min(lowWaterBytes, Math.ceil(highBytes / 4)) };
}
