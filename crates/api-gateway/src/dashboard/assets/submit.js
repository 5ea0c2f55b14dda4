// Hands an order in so that it can be handed in only once, whatever becomes of the answer.

import { Problem, post } from "./api.js";
import { retryDelay } from "./backoff.js";

/** Tries before a person is asked. */
const TRIES = 4;

let pending = null;

/**
 * Sends the order, again and with the same key while no answer comes. `onWait(attempt)` is told before
 * each further try. Throws the Problem that ended it.
 */
export async function submitOrder(order, onWait) {
  const body = JSON.stringify(order);
  // An outcome that is not known yet keeps its key: asking again must find the same order.
  if (pending?.body !== body) pending = { body, key: freshKey() };
  const { key } = pending;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const accepted = await post("/api/orders/execute", body, { "idempotency-key": key });
      pending = null;
      return accepted;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (!mayHaveTakenEffect(problem)) pending = null;
      if (!mayHaveTakenEffect(problem) || attempt === TRIES) throw problem;
      onWait(attempt + 1);
      await new Promise((resume) => setTimeout(resume, retryDelay(attempt)));
    }
  }
}

/** No answer, or none that says what became of it. */
export function mayHaveTakenEffect({ status, code }) {
  return code === "unreachable" || code === "outcome_unknown" || status === 502 || status === 504;
}

/** Not `crypto.randomUUID`: that is missing where the page is not served over TLS or from this machine. */
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
