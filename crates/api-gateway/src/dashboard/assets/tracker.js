// The order that was placed last, under the form: its life as five marks that fill up.

import { h, perFrame, setAttribute, setText } from "./dom.js";
import { followOrder } from "./follow.js";
import { amount, duration, shortId, swapName, tokenName, venueName } from "./format.js";
import { LIFE, MEANING, isTerminal, statusBadge } from "./status.js";

/** `follow(orderId, order)` shows an order from now on. */
export function tracker() {
  const badge = statusBadge("pending");
  const link = h("a", {});
  const marks = LIFE.map((status) => h("li", { "data-stage": status }, h("span", {}, status)));
  const sentence = h("p", { class: "muted" });
  const element = h(
    "section",
    { class: "tracker", "aria-label": "The order placed last", "aria-live": "polite", hidden: true },
    h("header", {}, badge.element, link),
    h("ol", { class: "marks", "aria-hidden": "true" }, marks),
    sentence,
  );
  let view = null;
  let stream = null;

  const frame = perFrame(() => {
    badge.show(view.status);
    setAttribute(element, "data-status", view.status);
    // A failed order keeps the marks it reached.
    if (LIFE.includes(view.status)) {
      const reached = LIFE.indexOf(view.status);
      marks.forEach((mark, index) => setAttribute(mark, "data-reached", index <= reached ? "yes" : null));
    }
    setText(sentence, sentenceOf(view));
  });

  function take(event) {
    view = { ...view, status: event.status, event, startedAt: view.startedAt ?? Date.parse(event.timestamp) };
    frame.ask();
  }

  return {
    element,
    follow(orderId, order) {
      view = { order, status: "pending", startedAt: null, event: null };
      element.hidden = false;
      setAttribute(link, "href", `#/orders/${orderId}`);
      setText(link, `${swapName({ ...order, amountIn: order.amount ?? null, amountOutWanted: order.amountOut })} ${shortId(orderId)}`);
      frame.ask();
      // Its own stream tells its life from the first event: when the answer to a first try was lost,
      // the order may have ended before this page learns its name.
      stream?.close();
      stream = followOrder(orderId, { onEvent: take });
    },
    close() {
      stream?.close();
      frame.cancel();
    },
  };
}

function sentenceOf({ status, event, order, startedAt }) {
  if (status === "confirmed") {
    const took = duration(Date.parse(event.timestamp) - startedAt);
    return `${amount(event.amountOut)} ${tokenName(order.tokenOut)} on ${venueName(event.dex)} after ${took}.`;
  }
  if (status === "failed") return event.error;
  if (isTerminal(status)) return event.reason;
  if (event?.error) return `Trying again after: ${event.error}`;
  return `${MEANING[status]}…`;
}
