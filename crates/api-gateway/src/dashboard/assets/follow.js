// One order's events, each once and in order, from its first to its last.

import { keepOpen } from "./socket.js";

/** `onEvent(event)` for each; `onPhase` as of keepOpen, "ended" once there is no more to come. */
export function followOrder(orderId, { onEvent, onPhase }) {
  let last = -1;
  return keepOpen({
    where: () => ({ path: `/api/orders/${orderId}/stream`, query: last >= 0 ? { since: last } : {} }),
    onPhase,
    onMessage(event) {
      // Asking again from a place never skips, but what was on its way may come twice.
      if (event.seq === undefined || event.seq <= last) return;
      last = event.seq;
      onEvent(event);
    },
  });
}
