// Every order's events, as they happen: one socket for the whole page, resumed by cursor.

import { connection } from "./connection.js";
import { topic } from "./observable.js";
import { session } from "./session.js";
import { keepOpen } from "./socket.js";

/** A cursor that is refused this often is forgotten: lists are read anew instead. */
const PATIENCE_WITH_CURSOR = 2;

/** Each event, once. */
export const events = topic();
/** Events may have been missed: read lists anew. */
export const resync = topic();

let cursor = null;
let refusals = 0;
let socket = null;

/** Opens the stream; once is enough for the life of the page. */
export function startFeed() {
  // Another key has another stream. First to be told, so that the socket asks without the old place.
  session.subscribe(() => {
    cursor = null;
  });
  socket = keepOpen({
    where: () => ({ path: "/api/stream", query: { cursor } }),
    onPhase: (phase) => connection.set({ feed: phase }),
    onMessage: take,
    onOpen() {
      refusals = 0;
      // Without a place to resume from, what happened before this moment is only in the lists.
      if (cursor === null) resync.emit();
    },
    onRefused() {
      refusals += 1;
      if (refusals >= PATIENCE_WITH_CURSOR) cursor = null;
    },
  });
}

/** Does not wait for the next try. */
export function reconnectFeed() {
  socket?.connectNow();
}

function take(message) {
  if (message.type === "resync") {
    cursor = null;
    resync.emit();
    return;
  }
  if (message.cursor) cursor = message.cursor;
  if (message.orderId) events.emit(message);
}
