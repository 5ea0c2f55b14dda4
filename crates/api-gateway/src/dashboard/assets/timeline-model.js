// Events of one order, as attempts made of stages with their durations.

import { isTerminal } from "./status.js";

/**
 * `events` in the order of their seq. Returns the stages in order: `{ event, startedAt, endedAt, attempt,
 * isRunning }`, `endedAt` null where the stage runs or ends the order.
 */
export function stagesOf(events) {
  return events.map((event, index) => {
    const next = events[index + 1];
    const isEnd = isTerminal(event.status);
    return {
      event,
      startedAt: Date.parse(event.timestamp),
      endedAt: next ? Date.parse(next.timestamp) : null,
      attempt: event.attempt,
      isRunning: !next && !isEnd,
      isEnd,
    };
  });
}

/** The events a page explains the order with: the newest of their kind. */
export function highlightsOf(events) {
  const last = (status) => events.findLast((event) => event.status === status) ?? null;
  const end = events.at(-1);
  return {
    first: events[0] ?? null,
    route: last("building"),
    sent: last("submitted"),
    fill: last("confirmed"),
    end: end && isTerminal(end.status) ? end : null,
    retries: events.filter((event) => event.status === "pending" && event.attempt > 1),
  };
}
