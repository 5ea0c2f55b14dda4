// Orders of which nobody has said whether they were placed: each with its key, and the way to find out.

import { h } from "./dom.js";
import { followDoubts } from "./submit.js";

/** `askAgain(order)` hands the very same order in again. */
export function doubtNotes(askAgain) {
  const element = h("div", { class: "doubts", role: "status", hidden: true });
  const close = followDoubts((doubts) => {
    element.hidden = doubts.length === 0;
    element.replaceChildren(...doubts.map((doubt) => note(doubt, askAgain)));
  });
  return { element, close };
}

function note({ order, key }, askAgain) {
  const { amount, amountOut, tokenIn, tokenOut } = order;
  const wish = amountOut ? `${tokenIn} → ${amountOut} ${tokenOut}` : `${amount} ${tokenIn} → ${tokenOut}`;
  const again = h("button", { class: "quiet", type: "button", on: { click: () => askAgain(order) } }, "Ask again");
  return h(
    "div",
    { class: "notice doubt" },
    `Your order of ${wish} may have been placed. Asking again under its key `,
    h("code", {}, key),
    " finds out, and cannot place it twice. ",
    again,
  );
}
