// Both venues' offers for what the form says, asked for while one types and kept fresh after that.

import { get } from "./api.js";
import { floorAfter } from "./decimal.js";
import { debounced, h, setText } from "./dom.js";
import { amount, percent, poolName, signedBps, tokenName, venueName } from "./format.js";
import { bestOf, comparison } from "./offer-words.js";
import { poolComparison, poolTable } from "./pool-quotes.js";
import { routeBar } from "./route-bar.js";

const TYPING_MS = 250;
/** Prices move with every block. */
const REFRESH_MS = 2_000;
const INVITATION = "Enter an amount and two tokens to see both venues' offers.";

/**
 * `ask(order, token)` shows offers for a request (null: for none); `close()` ends the asking. `onOffer(price)` is told what
 * the amount would be sold at now, null where that is not known.
 */
export function quotePanel({ onOffer }) {
  const cards = h("div", { class: "quotes" });
  const verdict = h("p", { class: "verdict", "aria-live": "polite" });
  const route = h("div", { class: "quote-route", hidden: true });
  const pools = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Every pool that competes" });
  const mid = h("p", { class: "muted" });
  const competing = h(
    "details",
    { class: "pools-panel", hidden: true },
    h("summary", {}, "Every pool that competes"),
    pools,
    mid,
  );
  const obstacles = h("ul", { class: "issues", "aria-label": "What would stop the trade now", hidden: true });
  const element = h(
    "section",
    { class: "quote-panel", "aria-label": "Live quotes" },
    cards,
    verdict,
    route,
    obstacles,
    competing,
  );
  let wanted = null;
  let timer = 0;
  let abort = new AbortController();

  const typing = debounced(TYPING_MS, read);

  async function read() {
    clearTimeout(timer);
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const { order, tokenOut } = wanted;
    const { tokenIn, amount: sold, amountOut } = order;
    const wish = amountOut ? { amountOut } : { amount: sold };
    try {
      const answer = await get(
        "/api/quotes",
        { tokenIn, tokenOut: order.tokenOut, ...wish },
        signal,
      );
      draw(answer, order, tokenOut);
    } catch (problem) {
      if (signal.aborted) return;
      blank(problem.code === "unreachable" ? "No quotes: the engine does not answer." : problem.message);
    }
    timer = setTimeout(refresh, REFRESH_MS);
  }

  function refresh() {
    if (document.hidden) timer = setTimeout(refresh, REFRESH_MS);
    else read();
  }

  function drawIssues(issues) {
    obstacles.hidden = issues.length === 0;
    obstacles.replaceChildren(...issues.map(({ code, detail }) => h("li", { "data-code": code }, detail)));
  }

  function draw(answer, order, tokenOut) {
    const { quotes, issues } = answer;
    const allowed = new Set(order.venues ?? quotes.map(({ dex }) => dex));
    const offers = quotes.filter((quote) => allowed.has(quote.dex) && quote.amountOut !== null);
    const best = bestOf(offers);
    cards.replaceChildren(...quotes.map((quote) => quoteCard(quote, { best, symbol: quote.amountIn ? order.tokenIn : tokenOut.symbol })));
    // Asked without the form's venues: a route through others is not the order's.
    const taken = answer.route.every(({ dex }) => allowed.has(dex)) ? answer : null;
    setText(verdict, verdictOf(offers, { best, taken }, order, tokenOut));
    if (answer.maxAmountIn) setText(verdict, purchase(offers, best, { answer, taken }, order));
    drawRoute(taken);
    onOffer(offers.find(({ dex }) => dex === best)?.price ?? null);
    drawPools(answer, tokenOut.symbol);
    drawIssues(issues);
  }

  function drawRoute(taken) {
    const legs = taken?.route ?? [];
    route.hidden = legs.length < 2;
    route.replaceChildren(...(route.hidden ? [] : [routeBar(legs)]));
  }

  function drawPools(answer, symbol) {
    competing.hidden = answer.pools.length === 0;
    pools.replaceChildren(poolTable(answer.pools, answer.route, symbol));
    const { midPrice, againstMidBps } = answer;
    setText(mid, midPrice === null ? "" : `${signedBps(againstMidBps)} against the mid price of ${amount(midPrice)}.`);
  }

  function blank(text) {
    cards.replaceChildren(emptyCard("raydium"), emptyCard("meteora"));
    setText(verdict, text);
    drawRoute(null);
    onOffer(null);
    competing.hidden = true;
    drawIssues([]);
  }

  blank(INVITATION);
  return {
    element,
    ask(order, tokenOut) {
      if (order === null) {
        wanted = null;
        typing.cancel();
        clearTimeout(timer);
        abort.abort();
        blank(INVITATION);
        return;
      }
      wanted = { order, tokenOut };
      typing.ask();
    },
    close() {
      typing.cancel();
      clearTimeout(timer);
      abort.abort();
    },
  };
}

/** One venue's offer, or why there is none. Shared with the order's page. */
export function quoteCard(quote, { best, symbol }) {
  const isBest = quote.dex === best;
  const head = h(
    "header",
    {},
    h("strong", {}, venueName(quote.dex)),
    isBest ? h("span", { class: "tag" }, "Best") : null,
    h("span", { class: "quote-pool muted" }, quote.pool ? poolName(quote.pool) : "–"),
  );
  const attributes = { class: "quote", "data-dex": quote.dex, "data-best": isBest };
  if (quote.amountOut === null) {
    return h("article", attributes, head, h("p", { class: "quote-none" }, quote.error ?? "No offer"));
  }
  return h(
    "article",
    attributes,
    head,
    h(
      "p",
      { class: "quote-amount", title: quote.amountIn ?? quote.amountOut },
      amount(quote.amountIn ?? quote.amountOut),
      " ",
      h("small", { title: symbol }, tokenName(symbol)),
    ),
    h(
      "dl",
      { class: "facts" },
      fact("Price", amount(quote.price), quote.price),
      fact("Fee", percent(quote.fee), quote.fee),
      fact("Impact", percent(quote.priceImpact), quote.priceImpact),
    ),
  );
}

function fact(name, text, full) {
  return h("div", {}, h("dt", {}, name), h("dd", { title: full }, text));
}

function emptyCard(dex) {
  return h(
    "article",
    { class: "quote", "data-dex": dex },
    h("header", {}, h("strong", {}, venueName(dex)), h("span", { class: "quote-pool muted" }, "–")),
    h("p", { class: "quote-amount muted" }, "–"),
    h("dl", { class: "facts" }, fact("Price", "–"), fact("Fee", "–"), fact("Impact", "–")),
  );
}

/** What an exact amount costs. */
function purchase(offers, best, { answer, taken }, order) {
  const winner = offers.find(({ dex }) => dex === best);
  const isSplit = taken !== null && taken.route.length > 1;
  if (!winner && !isSplit) return "No venue makes an offer.";
  const symbol = tokenName(order.tokenIn);
  const most = `at most ${amount(order.maxAmountIn ?? answer.maxAmountIn)} are paid.`;
  if (!isSplit) return `${venueName(best)} asks ${amount(winner.amountIn)} ${symbol} for exactly that; ${most}`;
  const cost = `Exactly that costs ${amount(taken.expectedAmountIn)} ${symbol}; ${most}`;
  return winner ? `${poolComparison(taken.pools, taken, symbol)} ${cost}` : cost;
}

/** `taken`: the answer whose route the order would take, null where it may not. */
function verdictOf(offers, { best, taken }, order, tokenOut) {
  const isSplit = taken !== null && taken.route.length > 1;
  const sentence = isSplit
    ? poolComparison(taken.pools, taken, tokenOut.symbol)
    : comparison(offers, tokenOut.symbol);
  const winner = offers.find(({ dex }) => dex === best);
  if (!winner) return sentence;
  if ((order.slippageBps ?? null) === null || tokenOut.decimals === null) return sentence;
  const expected = isSplit ? taken.expectedAmountOut : winner.amountOut;
  const least = floorAfter(expected, order.slippageBps, tokenOut.decimals);
  return `${sentence} At least ${amount(least)} ${tokenOut.symbol} after slippage.`;
}
