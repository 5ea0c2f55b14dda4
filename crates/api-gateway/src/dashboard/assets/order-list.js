// The orders that match a filter, one page of them, live: read by HTTP, kept up to date by the stream.

import { get } from "./api.js";
import { connection } from "./connection.js";
import { events, resync } from "./feed.js";
import { newer, patchOf } from "./order-patch.js";

/** New orders are read together, at most this often. */
const READ_EVERY_MS = 500;
/** While the stream is away the list is read this often. */
const READ_WITHOUT_STREAM_MS = 3_000;
/** Prices move without events. */
const READ_PRICES_EVERY_MS = 5_000;
/** Events kept while a read is on its way; beyond it another read is due anyway. */
const MAX_KEPT = 5_000;

/**
 * `filter` is the query without limit and cursor. Calls back: `onPage({ orders, nextCursor })`,
 * `onPatch(change)`, `onUnseen(count)` for matching changes that a page other than the first, or a held
 * list, does not show, `onProblem(problem)`.
 */
export function orderList({ filter, limit, cursor = null, onPage, onPatch, onUnseen = () => {}, onProblem }) {
  const shown = new Map();
  const kept = new Map();
  const abort = new AbortController();
  let reading = false;
  let isStale = false;
  let isHeld = cursor !== null;
  let wasLive = connection.get().feed === "live";
  let unseen = 0;
  let timer = 0;

  async function read() {
    clearTimeout(timer);
    if (reading) {
      isStale = true;
      return;
    }
    reading = true;
    isStale = false;
    kept.clear();
    let failed = false;
    try {
      take(await get("/api/orders", { ...filter, limit, cursor }, abort.signal));
    } catch (problem) {
      if (abort.signal.aborted) return;
      failed = true;
      onProblem(problem);
    }
    reading = false;
    if (isStale) timer = setTimeout(read, READ_EVERY_MS);
    else if (failed || connection.get().feed !== "live") timer = setTimeout(read, READ_WITHOUT_STREAM_MS);
    else if (filter.waiting === "true") timer = setTimeout(read, READ_PRICES_EVERY_MS);
  }

  function take({ orders, nextCursor }) {
    const known = new Map(shown);
    shown.clear();
    const current = orders
      .map((order) => merge(order, known.get(order.orderId), kept.get(order.orderId)))
      .filter(matches);
    for (const order of current) shown.set(order.orderId, order);
    kept.clear();
    onPage({ orders: current, nextCursor });
  }

  /** A view that was read may be older than what the stream has told meanwhile. */
  function merge(order, known, change) {
    const merged = known ? newer(known, order) : order;
    return change ? newer(merged, change) : merged;
  }

  function readSoon() {
    if (reading) isStale = true;
    else if (!isStale) {
      isStale = true;
      clearTimeout(timer);
      timer = setTimeout(read, READ_EVERY_MS);
    }
  }

  const matches = (order) => {
    if (filter.waiting === "true" && order.status !== "pending") return false;
    return !filter.status || order.status === filter.status;
  };

  function onEvent(event) {
    const change = patchOf(event);
    if (reading) keep(change);
    const known = shown.get(event.orderId);
    if (known) {
      if (change.seq <= known.seq) return;
      const next = { ...known, ...change };
      shown.set(event.orderId, next);
      onPatch(change);
      if (!matches(next) && !isHeld) readSoon();
    } else if (joins(event)) {
      noteNew();
    }
  }

  /** Whether an order that is not shown may now belong here: a new one, or one that took the status. */
  function joins(event) {
    return filter.status ? event.status === filter.status : event.seq === 0;
  }

  function noteNew() {
    if (!isHeld) {
      readSoon();
      return;
    }
    unseen += 1;
    onUnseen(unseen);
  }

  function keep(change) {
    if (kept.size >= MAX_KEPT && !kept.has(change.orderId)) {
      isStale = true;
      return;
    }
    const known = kept.get(change.orderId);
    kept.set(change.orderId, known ? newer(known, change) : change);
  }

  const ends = [
    events.subscribe(onEvent),
    resync.subscribe(read),
    connection.subscribe(({ feed }) => {
      if (wasLive && feed !== "live") readSoon();
      wasLive = feed === "live";
    }),
  ];
  read();

  return {
    read,
    /** A held list changes in its rows but takes no new ones. */
    hold(held) {
      isHeld = held || cursor !== null;
      if (!isHeld) {
        unseen = 0;
        onUnseen(0);
        read();
      }
    },
    close() {
      for (const end of ends) end();
      clearTimeout(timer);
      abort.abort();
    },
  };
}
