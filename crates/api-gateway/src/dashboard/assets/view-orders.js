// The orders' screen: the form with live quotes, and the list with filters and paging.

import { h, setText } from "./dom.js";
import { broken } from "./empty.js";
import { count } from "./format.js";
import { liveTable } from "./live-table.js";
import { orderForm } from "./order-form.js";
import { needsEngine, outageNote } from "./outage.js";
import { STATUSES } from "./status.js";
import { listedTokens } from "./tokens.js";
import { tracker } from "./tracker.js";

const PAGE = 50;

export const title = "Orders";

/** `query`: status, tokenIn and tokenOut of the address. */
export function show(main, { query }) {
  const formPlace = h("div", { class: "panel-body" }, h("p", { class: "muted" }, "Loading…"));
  const placed = tracker();
  const list = pagedList(query);
  let form = null;
  let closed = false;

  main.append(
    h("h1", { tabindex: "-1" }, "Orders"),
    h(
      "div",
      { class: "orders-screen" },
      h(
        "aside",
        { class: "panel order-panel", "aria-label": "New order" },
        h("h2", {}, "New order"),
        formPlace,
        placed.element,
      ),
      list.element,
    ),
  );

  async function loadForm() {
    try {
      const tokens = await listedTokens();
      if (closed) return;
      form = orderForm({
        tokens,
        onAccepted(accepted, order) {
          placed.follow(accepted.orderId, order);
          list.placed();
        },
      });
      formPlace.replaceChildren(form.element);
      list.offerTokens([...tokens.keys()]);
    } catch (problem) {
      if (!closed) formPlace.replaceChildren(broken(problem, loadForm));
    }
  }

  loadForm();
  return {
    /** The filter changed: the form keeps what was typed. */
    update: ({ query: next }) => list.filterBy(next),
    close() {
      closed = true;
      form?.close();
      placed.close();
      list.close();
    },
    /** A key was entered, or the engine is back. */
    refresh() {
      if (form === null) loadForm();
    },
  };
}

function pagedList(query) {
  let filter = filterOf(query);
  const place = h("div");
  const unseen = h("button", {
    type: "button",
    class: "unseen-orders",
    hidden: true,
    on: { click: toNewest },
  });
  const held = h("input", { type: "checkbox", id: "hold", on: { change: () => table.hold(held.checked) } });
  const newerButton = h("button", { type: "button", disabled: true, on: { click: () => turn(-1) } }, "Newer");
  const olderButton = h("button", { type: "button", disabled: true, on: { click: () => turn(1) } }, "Older");
  const outage = outageNote("The engine does not answer. Other pages can be read as soon as it does.");
  const pageName = h("span", { class: "muted" }, "Page 1");
  /** Where each page that was seen begins. */
  let starts = [null];
  let page = 0;
  let table = null;

  const status = choice("Status", "status", STATUSES, filter.status);
  const waiting = choice("Waiting", "waiting", ["true", "false"], filter.waiting, {
    true: "For a condition",
    false: "Not for a condition",
  });
  const tokenIn = choice("Sell", "tokenIn", [], filter.tokenIn);
  const tokenOut = choice("Buy", "tokenOut", [], filter.tokenOut);

  function open() {
    table?.close();
    held.checked = false;
    held.disabled = page > 0;
    newerButton.disabled = page === 0;
    olderButton.disabled = true;
    unseen.hidden = true;
    setText(pageName, `Page ${page + 1}`);
    table = liveTable({
      caption: "Orders, newest first",
      filter,
      limit: PAGE,
      cursor: starts[page],
      onPage({ nextCursor }) {
        starts[page + 1] = nextCursor;
        olderButton.disabled = nextCursor === null;
      },
      onUnseen(number) {
        unseen.hidden = number === 0;
        setText(unseen, `${count(number)} new, show`);
      },
    });
    place.replaceChildren(table.element);
  }

  function turn(step) {
    page += step;
    open();
  }

  function toNewest() {
    if (page > 0) {
      page = 0;
      open();
    } else {
      held.checked = false;
      table.hold(false);
    }
  }

  function refilter() {
    const next = new URLSearchParams();
    for (const control of [status, waiting, tokenIn, tokenOut])
      if (control.select.value) next.set(control.name, control.select.value);
    const text = next.toString();
    location.hash = text ? `#/orders?${text}` : "#/orders";
  }

  const element = h(
    "section",
    { class: "panel list-panel", "aria-label": "Orders" },
    h(
      "div",
      { class: "list-tools", on: { change: (event) => event.target.tagName === "SELECT" && refilter() } },
      status.element,
      waiting.element,
      tokenIn.element,
      tokenOut.element,
      h("label", { class: "check" }, held, "Hold still"),
      unseen,
    ),
    place,
    h("nav", { class: "pages", "aria-label": "Pages" }, outage, newerButton, pageName, olderButton),
  );
  needsEngine(newerButton, outage);
  needsEngine(olderButton, outage);
  open();

  return {
    element,
    filterBy(next) {
      filter = filterOf(next);
      for (const control of [status, waiting, tokenIn, tokenOut]) control.choose(filter[control.name]);
      starts = [null];
      page = 0;
      open();
    },
    placed: () => (page === 0 ? table.read() : undefined),
    offerTokens(symbols) {
      for (const control of [tokenIn, tokenOut]) control.offer(symbols);
    },
    close: () => table.close(),
  };
}

function filterOf(query) {
  const names = ["status", "waiting", "tokenIn", "tokenOut"];
  return Object.fromEntries(names.map((name) => [name, query.get(name)]));
}

/** `words`: what values are called, where that is not themselves. */
function choice(label, name, values, chosen, words = {}) {
  const select = h("select", { id: `filter-${name}` });
  const choose = (value) => {
    // An address may name what is not on offer, or not yet.
    const isOffered = [...select.options].some((option) => option.value === (value ?? ""));
    if (!isOffered) select.append(h("option", { value }, value));
    select.value = value ?? "";
  };
  const offer = (offered) => {
    const now = select.value;
    select.replaceChildren(
      h("option", { value: "" }, "All"),
      ...offered.map((value) => h("option", { value }, words[value] ?? value)),
    );
    choose(now);
  };
  offer(values);
  choose(chosen);
  return {
    name,
    select,
    offer,
    choose,
    element: h("label", { class: "filter" }, h("span", {}, label), select),
  };
}
