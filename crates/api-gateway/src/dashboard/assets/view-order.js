// One order's page: its timeline, live, and everything that explains how it went.

import { Problem, get, post } from "./api.js";
import { copyButton } from "./copy.js";
import { h, perFrame, setText } from "./dom.js";
import { broken } from "./empty.js";
import { followOrder } from "./follow.js";
import { swapName } from "./format.js";
import { attemptsCard, paidCard, routeCard, termsCard, transactionCard } from "./order-facts.js";
import { needsEngine, outageNote } from "./outage.js";
import { isCancellable, isTerminal, statusBadge } from "./status.js";
import { timeline } from "./timeline.js";
import { highlightsOf } from "./timeline-model.js";
import { waitingChart } from "./waiting-chart.js";

const TICK_MS = 100;
/** What happens to a transaction after its events: looked at now and then, while something may change. */
const STANDING_MS = 5_000;
/** While an order waits for a price that is looked at as well. */
const WAITING_MS = 2_000;

export const title = "Order";

export function show(main, { orderId }) {
  const heading = h("h1", { tabindex: "-1" }, "Order");
  const place = h("div", {}, h("p", { class: "empty" }, "Loading…"));
  let page = null;
  let closed = false;
  main.append(
    h(
      "p",
      { class: "crumbs" },
      h("a", { href: "#/orders" }, "Orders"),
      " / ",
      h("span", { class: "mono" }, orderId),
      copyButton(orderId, "the order's id"),
    ),
    heading,
    place,
  );

  async function load() {
    try {
      const { order } = await get(`/api/orders/${encodeURIComponent(orderId)}`);
      if (closed) return;
      page = orderPage(order, heading);
      place.replaceChildren(page.element);
    } catch (problem) {
      if (closed) return;
      const isUnknown = problem instanceof Problem && (problem.status === 404 || problem.status === 400);
      place.replaceChildren(isUnknown ? unknown() : broken(problem, load));
    }
  }

  load();
  return {
    close() {
      closed = true;
      page?.close();
    },
    refresh() {
      if (page === null) load();
    },
  };
}

function unknown() {
  return h(
    "div",
    { class: "empty" },
    h("h2", {}, "There is no such order"),
    h("p", {}, "The address may be cut short, or the order belongs to another key."),
    h("a", { href: "#/orders" }, "All orders"),
  );
}

function orderPage(order, heading) {
  const badge = statusBadge(order.status);
  const life = timeline();
  const cards = h("div", { class: "cards" });
  const said = h("p", { class: "unseen", role: "status" });
  const notice = h("p", { class: "notice", role: "alert", hidden: true });
  const cancel = h("button", { type: "button", hidden: true, on: { click: withdraw } }, "Cancel order");
  const outage = outageNote("The engine does not answer. The order can be cancelled as soon as it does.");
  const chart = waitingChart();
  const events = [];
  const landed = { entries: [], transaction: null, receipt: order.receipt, slow: order.landing };
  let quality = order.quality;
  let hasAsked = false;

  needsEngine(cancel, outage);
  setText(heading, swapName(order));

  const frame = perFrame(() => {
    const status = events.at(-1)?.status ?? order.status;
    badge.show(status);
    setText(said, `Order is ${status}`);
    cancel.hidden = !isCancellable(status);
    life.draw(events, order);
    const highlights = highlightsOf(events);
    const failures = attemptsCard(highlights);
    const slow = status === "submitted" ? landed.slow : null;
    const explained = [
      paidCard(highlights, order, quality),
      routeCard(highlights.route, order),
      transactionCard(highlights, order, { ...landed, slow }),
    ];
    // What matters most comes first: how it went, or why it did not.
    const shown = highlights.fill ? [...explained, failures] : [failures, ...explained];
    cards.replaceChildren(...[...shown, termsCard(order)].filter((card) => card !== null));
  });

  const ticking = setInterval(() => {
    if (!document.hidden && events.length > 0 && !isTerminal(events.at(-1).status)) life.tick();
  }, TICK_MS);

  const standing = setInterval(() => {
    const status = events.at(-1)?.status ?? order.status;
    const mayChange = status === "submitted" || (status === "confirmed" && !isSettled(landed.receipt));
    if (!document.hidden && mayChange) readStanding();
  }, STANDING_MS);

  const watching = setInterval(() => {
    const isWaiting = (events.at(-1)?.status ?? order.status) === "pending" && order.waiting !== null;
    if (!document.hidden && isWaiting) readWaiting();
  }, WAITING_MS);

  function readWaiting() {
    ask(`/api/orders/${order.orderId}`, {}, ({ order: now }) => {
      order.waiting = now.waiting;
      chart.take(now.waiting);
    });
  }

  function readStanding() {
    ask(`/api/orders/${order.orderId}`, {}, ({ order: now }) => {
      landed.receipt = now.receipt;
      landed.slow = now.landing;
      quality = now.quality;
      order.doubt = now.doubt;
    });
  }

  const socket = followOrder(order.orderId, {
    onEvent(event) {
      events.push(event);
      if (event.status !== "pending") {
        order.waiting = null;
        chart.take(null);
      } else if (events.length > 1) {
        readWaiting();
      }
      if (isTerminal(event.status)) readChain();
      if (event.status === "confirmed" && quality?.againstQuotedBps == null) readStanding();
      frame.ask();
    },
    onPhase() {},
  });

  /** The chain's own word on what landed and what it was told; the ledger is absent where it is not simulated. */
  function readChain() {
    if (hasAsked || !events.some((event) => event.txHash)) return;
    hasAsked = true;
    ask("/api/sim/ledger", { orderId: order.orderId }, ({ entries }) => (landed.entries = entries));
    ask(`/api/orders/${order.orderId}/transaction`, {}, (found) => (landed.transaction = found));
  }

  async function ask(path, query, take) {
    try {
      take(await get(path, query));
      frame.ask();
    } catch {
      // The page says less, and nothing wrong.
    }
  }

  async function withdraw() {
    cancel.disabled = true;
    try {
      await post(`/api/orders/${order.orderId}/cancel`);
      notice.hidden = true;
    } catch (problem) {
      notice.hidden = false;
      setText(notice, problem.message);
    }
    cancel.disabled = false;
  }

  chart.take(order.waiting);
  frame.ask();
  const element = h(
    "div",
    { class: "order-screen" },
    h(
      "section",
      { class: "panel", "aria-label": "Timeline" },
      h("header", { class: "panel-head" }, h("h2", {}, "Timeline"), badge.element, cancel),
      h("div", { class: "panel-body" }, said, outage, notice, life.element),
    ),
    chart.element,
    cards,
  );
  return {
    element,
    close() {
      clearInterval(ticking);
      clearInterval(standing);
      clearInterval(watching);
      frame.cancel();
      socket.close();
    },
  };
}

/** Whether nothing more happens to a confirmed transaction. */
function isSettled(receipt) {
  return receipt !== null && (receipt.finalizedAt !== null || receipt.diedAt !== null);
}
