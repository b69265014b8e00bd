import type { WebSocket } from 'ws';

/** With more than this waiting, a ping goes unanswered: a peer that reads nothing needs no answer. */
const MAX_WAITING_BYTES = 128 * 1024;

/**
 * Answers the pings of a websocket that was opened without `autoPong`, which answers whoever never reads without end.
 */
export function answerPings(websocket: WebSocket): void {
  websocket.on('ping', (data) => {
    if (websocket.readyState === websocket.OPEN && websocket.bufferedAmount < MAX_WAITING_BYTES) {
      websocket.pong(data);
    }
  });
}
