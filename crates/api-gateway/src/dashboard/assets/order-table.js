// A table of orders, one row per order id. Whatever happens is noted at once and drawn once per frame,
// and only in the rows and cells that changed.

import { h, perFrame, setAttribute, setText } from "./dom.js";
import { amount, moment, shortId, swapName, tokenName, venueAndPool } from "./format.js";
import { distance } from "./order-facts.js";
import { newer } from "./order-patch.js";
import { statusBadge } from "./status.js";

/** `caption` names the table for screen readers. */
export function orderTable({ caption }) {
  const rows = new Map();
  const body = h("tbody");
  const element = h(
    "table",
    { class: "orders" },
    h("caption", { class: "unseen" }, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Order"),
        h("th", { scope: "col" }, "Status"),
        h("th", { scope: "col", class: "wide" }, "Venue"),
        h("th", { scope: "col" }, "Outcome"),
        h("th", { scope: "col", class: "wide number" }, "Price"),
        h("th", { scope: "col", class: "wide number" }, "Accepted"),
      ),
    ),
    body,
  );
  const changed = new Set();
  let order = null;

  const frame = perFrame(() => {
    if (order !== null) arrange();
    for (const row of changed) row.draw();
    changed.clear();
  });

  function arrange() {
    order.forEach((id, index) => {
      const { element: wanted } = rows.get(id);
      const there = body.children[index];
      if (there !== wanted) body.insertBefore(wanted, there ?? null);
    });
    while (body.children.length > order.length) body.lastElementChild.remove();
    order = null;
  }

  return {
    element,
    has: (id) => rows.has(id),
    get size() {
      return rows.size;
    },
    /** Shows exactly these orders, in their order; what is known to be newer stays. */
    show(views) {
      const wanted = new Set(views.map((view) => view.orderId));
      for (const id of [...rows.keys()]) if (!wanted.has(id)) rows.delete(id);
      for (const view of views) {
        const row = rows.get(view.orderId) ?? orderRow();
        rows.set(view.orderId, row);
        row.learn(view);
        changed.add(row);
      }
      order = views.map((view) => view.orderId);
      frame.ask();
    },
    /** Notes what an event changed of an order that is shown. */
    patch(change) {
      const row = rows.get(change.orderId);
      if (!row) return;
      row.learn(change);
      changed.add(row);
      frame.ask();
    },
    close: frame.cancel,
  };
}

function orderRow() {
  let view = { seq: -1 };
  const link = h("a", { class: "row-link" });
  const id = h("span", { class: "mono" });
  const when = h("span", { class: "narrow-inline" });
  const badge = statusBadge("pending");
  const venue = h("td", { class: "wide" });
  const outcome = h("td", { class: "outcome" });
  const price = h("td", { class: "wide number" });
  const accepted = h("td", { class: "wide number muted" });
  const element = h(
    "tr",
    {},
    h("th", { scope: "row" }, link, h("span", { class: "sub" }, id, when)),
    h("td", {}, badge.element),
    venue,
    outcome,
    price,
    accepted,
  );

  function draw() {
    setAttribute(element, "data-order", view.orderId);
    setAttribute(link, "href", `#/orders/${view.orderId}`);
    setText(link, swapName(view));
    setAttribute(link, "title", view.amountIn === null ? `${view.amountOutWanted} ${view.tokenOut}` : `${view.amountIn} ${view.tokenIn}`);
    setText(id, shortId(view.orderId));
    setAttribute(id, "title", view.orderId);
    setText(when, ` · ${moment(view.createdAt)}`);
    badge.show(view.status);
    setText(venue, venueAndPool(view.dex, view.pool) || "–");
    setText(outcome, outcomeOf(view));
    setAttribute(outcome, "data-status", view.status);
    setAttribute(outcome, "data-waits", view.status === "pending" && view.waiting ? view.waiting.for : null);
    setText(price, view.executedPrice ? amount(view.executedPrice) : "–");
    setAttribute(price, "title", view.executedPrice ?? null);
    setText(accepted, moment(view.createdAt));
    setAttribute(accepted, "title", view.createdAt);
  }

  return {
    element,
    draw,
    learn(incoming) {
      view = newer(view, incoming);
    },
  };
}

const SIDES = { at_or_above: "≥", at_or_below: "≤" };

/** Such as `waits for ≥ 150, 2.1 % away`. */
function waitsOf({ condition, price, distanceBps }) {
  const away = distanceBps === undefined ? "" : `, ${distance(distanceBps)}`;
  if (price === undefined) return "waits for a first price";
  return `waits for ${SIDES[condition]} ${amount(price)}${away}`;
}

const waitsForPool = ({ opensAt }) =>
  opensAt ? `waits for a pool that opens at ${moment(opensAt)}` : "waits for a pool";

const waitsForVolume = ({ needs }) => (needs ? `waits for a volume, needs ${needs}` : "waits for a volume");

/** What became of the order, or what it is waiting for. */
function outcomeOf(view) {
  switch (view.status) {
    case "confirmed":
      return `${amount(view.amountOut)} ${tokenName(view.tokenOut)}`;
    case "failed":
      return view.errorReason ?? "";
    case "cancelled":
    case "expired":
      return view.reason ?? "";
    case "pending":
      if (view.waiting?.for === "price") return waitsOf(view.waiting);
      if (view.waiting?.for === "pool") return waitsForPool(view.waiting);
      if (view.waiting?.for === "volume") return waitsForVolume(view.waiting);
      if (view.waiting?.for === "resume") return "waits until the engine is resumed";
      if (view.waiting?.for === "wallet") return "waits for a worker with its wallet";
      return view.lastError ? `retry after: ${view.lastError}` : "–";
    default:
      return "–";
  }
}
