// Hands an order in so that it can be handed in only once, whatever becomes of the answers.
//
// A try of which nothing was heard may have been stored, or may be yet. From then on only an accepted order,
// or a refusal of the order itself, says what became of it: that the engine is busy, or cannot reach its
// store, says nothing about the tries before. Until then the same order goes out under the same key, also
// after the page was loaded again.

import { Problem, post } from "./api.js";
import { retryDelay } from "./backoff.js";
import { observable } from "./observable.js";

/** Tries before a person is asked. */
const TRIES = 4;
/** Whoever is asked to wait longer than this is told instead. */
const RETRY_AFTER_MAX_S = 5;
/** Orders whose key is kept; a person leaves fewer behind. The oldest go first. */
const KEPT_MAX = 20;
/** The engine knows a key for 24 hours at least; one that old may make a second order. */
const KEPT_MS = 23 * 3_600_000;
const STORED = "order-engine.orders-in-doubt";
/** These answers with 5xx say for certain that this very try has stored nothing. */
const STORED_NOTHING = ["store_unavailable", "store_full", "queue_full", "chain_unavailable", "trading_disabled",
  "stopping"];

/** `orders`: body, key, whether it is in doubt, and since when its key is there; the newest last. */
const kept = observable({ orders: readStored() });

/** Tells `draw` of the orders in doubt, now and whenever they change; each with its key. */
export function followDoubts(draw) {
  const tell = () => draw(inDoubt().map(({ body, key }) => ({ order: JSON.parse(body), key })));
  tell();
  return kept.subscribe(tell);
}

/**
 * Sends the order, again and with the same key while it is in doubt. `onWait(attempt)` is told before each
 * further try. Throws the Problem that ended it.
 */
export async function submitOrder(order, onWait) {
  const body = JSON.stringify(order);
  const mine = known(body) ?? keep({ body, key: freshKey(), isInDoubt: false, since: Date.now() });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const accepted = await post("/api/orders/execute", body, { "idempotency-key": mine.key });
      forget(body);
      return accepted;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (refusesTheOrder(problem)) forget(body);
      else if (mayHaveTakenEffect(problem)) keep({ ...mine, isInDoubt: true });
      if (attempt === TRIES || !isWorthAnotherTry(body, problem)) throw problem;
      onWait(attempt + 1);
      await pause(attempt, problem);
    }
  }
}

/** Whether the problem says, for good, that no order comes of any try under the key. */
function refusesTheOrder({ status, code }) {
  return (status === 409 || status === 422) && code !== "unknown";
}

/** No answer, or none that says what became of this try. */
function mayHaveTakenEffect({ status, code }) {
  return code === "unreachable" || (status >= 500 && !STORED_NOTHING.includes(code));
}

function isWorthAnotherTry(body, { status, code, retryAfter }) {
  const mayChange = code === "unreachable" || status === 429 || status >= 500;
  return mayChange && Boolean(known(body)?.isInDoubt) && (retryAfter ?? 0) <= RETRY_AFTER_MAX_S;
}

function pause(attempt, { retryAfter }) {
  const ms = Math.max(retryDelay(attempt), (retryAfter ?? 0) * 1_000);
  return new Promise((resume) => setTimeout(resume, ms));
}

function known(body) {
  return kept.get().orders.find((order) => order.body === body && !isOld(order));
}

function inDoubt() {
  return kept.get().orders.filter((order) => order.isInDoubt && !isOld(order));
}

function isOld({ since }) {
  return Date.now() - since > KEPT_MS;
}

function keep(order) {
  const others = kept.get().orders.filter(({ body }) => body !== order.body);
  // Where one must go it is the oldest of which nothing is unknown.
  const spare = others.find(({ isInDoubt }) => !isInDoubt) ?? others[0];
  const left = others.length < KEPT_MAX ? others : others.filter((other) => other !== spare);
  store([...left, order]);
  return order;
}

function forget(body) {
  store(kept.get().orders.filter((order) => order.body !== body));
}

function store(orders) {
  kept.set({ orders });
  try {
    sessionStorage.setItem(STORED, JSON.stringify(inDoubt()));
  } catch {
    // Without storage a key lasts until the page is loaded again.
  }
}

function readStored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED)) ?? [];
  } catch {
    return [];
  }
}

/** Not `crypto.randomUUID`: that is missing where the page is not served over TLS or from this machine. */
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
