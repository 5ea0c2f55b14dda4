// Every pool known of the form's pair, which of them an order may use, and why not the others. Read while it is open.

import { get } from "./api.js";
import { debounced, h, setText } from "./dom.js";
import { amount, tokenName, venueAndPool } from "./format.js";
import { addressOf } from "./pool-quotes.js";

const TYPING_MS = 250;

/** `ask(order)` names the pair (null: none); `close()` ends the reading. */
export function poolsPanel() {
  const state = h("p", { class: "muted", "aria-live": "polite" });
  const place = h("div");
  const element = h(
    "details",
    { class: "pools-panel", on: { toggle: () => reading.ask() } },
    h("summary", {}, "Pools of this pair"),
    place,
    state,
  );
  let pair = null;
  let shown = null;
  let abort = new AbortController();
  const reading = debounced(TYPING_MS, read);

  async function read() {
    if (!element.open || pair === null) return;
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const asked = pair;
    try {
      const answer = await get("/api/pools", asked, signal);
      shown = asked;
      draw(answer, asked);
    } catch (problem) {
      if (signal.aborted) return;
      place.replaceChildren();
      setText(state, problem.message);
    }
  }

  function draw({ pools, tokens }, { tokenIn, tokenOut }) {
    const notes = (tokens ?? []).flatMap(noteOf);
    place.replaceChildren(table(pools, tokenIn, tokenOut), ...notes.map((note) => h("p", { class: "muted" }, note)));
    setText(state, pools.length === 0 ? "No pool of these tokens is known." : "");
  }

  return {
    element,
    ask(order) {
      const next = order && { tokenIn: order.tokenIn, tokenOut: order.tokenOut };
      const isSame = next?.tokenIn === shown?.tokenIn && next?.tokenOut === shown?.tokenOut;
      pair = next;
      if (!isSame) reading.ask();
    },
    close() {
      reading.cancel();
      abort.abort();
    },
  };
}

function table(pools, tokenIn, tokenOut) {
  const names = ["Pool", `Holds ${tokenName(tokenIn)}`, tokenName(tokenOut), "Fee"];
  return h(
    "table",
    { class: "pool-quotes" },
    h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, pools.map(row)),
  );
}

function row(pool) {
  const name = h(
    "th",
    { scope: "row" },
    h(
      "div",
      {},
      venueAndPool(pool.dex, pool.pool),
      pool.usable ? h("span", { class: "tag" }, "Used") : h("span", { class: "muted" }, "Not used"),
      addressOf(pool),
      pool.usable ? null : h("small", { class: "pool-reason" }, pool.reason),
    ),
  );
  const held = (text) => h("td", { title: text }, amount(text));
  const fee = pool.feeBps === null ? "–" : `${pool.feeBps} bp`;
  return h("tr", { "data-usable": pool.usable ? "yes" : "no" }, name, held(pool.depthIn), held(pool.depthOut), h("td", {}, fee));
}

/** What a trader should know of a token. */
function noteOf({ mint, symbol, freezable, transferFeeBps, notTradable }) {
  const name = symbol ?? tokenName(mint);
  return [
    notTradable && `${name} is not traded: it ${notTradable}.`,
    transferFeeBps > 0 && `${name}: ${transferFeeBps} bp of each transfer are kept; quotes count it.`,
    freezable && `${name}: its issuer may freeze accounts that hold it.`,
  ].filter(Boolean);
}
