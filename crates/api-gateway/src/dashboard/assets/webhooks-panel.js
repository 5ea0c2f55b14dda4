// Webhooks: how many wait for their receiver, which were given up, and their retry.

import { h, setText } from "./dom.js";
import { count, moment, shortId } from "./format.js";
import { needsEngine } from "./outage.js";
import { pagedPanel } from "./paged-panel.js";

/** `act(path, sentence)` does what a button says, and says what came of it. */
export function webhooksPanel({ act, outage, onProblem }) {
  const pending = h("p", {});
  const all = button("Retry all", "/api/admin/webhooks/retry");
  const above = h("div", { class: "panel-body" }, pending, all);
  const { element, read } = pagedPanel({
    name: "Webhooks",
    path: "/api/admin/webhooks",
    field: "webhooks",
    columns: [["Event"], ["Why"], ["Tries", "wide"], ["Given up", "wide"], ["Retry"]],
    row,
    none: "No dead webhooks. What the receiver does not take for a day shows up here and can be sent again.",
    above,
    onPage,
    onProblem,
  });

  function onPage({ pending: waiting, dead, oldestPendingAt }) {
    const since = oldestPendingAt ? `, the oldest since ${moment(oldestPendingAt)}` : "";
    setText(pending, `${count(waiting)} pending${since} · ${count(dead)} dead`);
    all.hidden = dead === 0;
  }

  function button(text, path, unseen) {
    const made = h("button", { type: "button" }, text, unseen ? h("span", { class: "unseen" }, unseen) : null);
    made.addEventListener("click", async () => {
      made.disabled = true;
      await act(path, ({ retried }) =>
        retried === 1 ? "1 webhook is pending again." : `${count(retried)} webhooks are pending again.`,
      );
      made.disabled = false;
    });
    needsEngine(made, outage);
    return made;
  }

  function row({ id, orderId, seq, status, error, tries, deadAt }) {
    return h(
      "tr",
      { "data-webhook": id },
      h(
        "th",
        { scope: "row" },
        h("a", { href: `#/orders/${orderId}` }, status),
        h("span", { class: "sub mono" }, `${shortId(orderId)} #${seq}`),
      ),
      h("td", {}, error),
      h("td", { class: "wide" }, count(tries)),
      h("td", { class: "muted wide" }, moment(deadAt)),
      h(
        "td",
        {},
        button("Retry", `/api/admin/webhooks/${encodeURIComponent(id)}/retry`, ` webhook of order ${shortId(orderId)}`),
      ),
    );
  }

  return { element, read };
}
