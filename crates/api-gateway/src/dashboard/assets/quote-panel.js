// Both venues' offers for what the form says, asked for while one types and kept fresh after that.

import { get } from "./api.js";
import { bpsAbove, floorAfter, minus } from "./decimal.js";
import { debounced, h, setText } from "./dom.js";
import { amount, percent, poolName, tokenName, venueName } from "./format.js";

const TYPING_MS = 250;
/** Prices move with every block. */
const REFRESH_MS = 2_000;
const INVITATION = "Enter an amount and two tokens to see both venues' offers.";

/** `ask(order, token)` shows offers for a request (null: for none); `close()` ends the asking. */
export function quotePanel() {
  const cards = h("div", { class: "quotes" });
  const verdict = h("p", { class: "verdict", "aria-live": "polite" });
  const obstacles = h("ul", { class: "issues", "aria-label": "What would stop the trade now", hidden: true });
  const element = h(
    "section",
    { class: "quote-panel", "aria-label": "Live quotes" },
    cards,
    verdict,
    obstacles,
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
    const { tokenIn, amount: amountIn } = order;
    try {
      const answer = await get(
        "/api/quotes",
        { tokenIn, tokenOut: order.tokenOut, amount: amountIn },
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

  function draw({ quotes, best, issues }, order, tokenOut) {
    const allowed = new Set(order.venues ?? quotes.map(({ dex }) => dex));
    const offers = quotes.filter((quote) => allowed.has(quote.dex) && quote.amountOut !== null);
    const chosen = allowed.has(best) ? best : (offers[0]?.dex ?? null);
    cards.replaceChildren(...quotes.map((quote) => quoteCard(quote, { chosen, symbol: tokenOut.symbol })));
    setText(verdict, verdictOf(offers, chosen, order, tokenOut));
    drawIssues(issues);
  }

  function blank(text) {
    cards.replaceChildren(emptyCard("raydium"), emptyCard("meteora"));
    setText(verdict, text);
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
export function quoteCard(quote, { chosen, symbol }) {
  const isBest = quote.dex === chosen;
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
      { class: "quote-amount", title: quote.amountOut },
      amount(quote.amountOut),
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

/** Why the best one is, in a sentence. */
export function comparison(offers, chosen, symbol) {
  const winner = offers.find(({ dex }) => dex === chosen);
  const other = offers.find(({ dex }) => dex !== chosen);
  if (!winner) return "No venue makes an offer.";
  if (!other) return `${venueName(chosen)} alone makes an offer.`;
  const more = advantage(winner, other, symbol);
  if (more === null) return `Both pay the same; ${venueName(chosen)} comes first.`;
  return `${venueName(chosen)} pays ${more} more than ${venueName(other.dex)}.`;
}

/** How much more the better of two offers pays; null where they pay the same. */
export function advantage(better, other, symbol) {
  const difference = minus(better.amountOut, other.amountOut);
  if (difference === "0") return null;
  const bps = bpsAbove(better.amountOut, other.amountOut);
  const share = bps >= 0.1 ? ` (${bps} bp)` : "";
  return `${amount(difference)} ${tokenName(symbol)}${share}`;
}

function verdictOf(offers, chosen, order, tokenOut) {
  const sentence = comparison(offers, chosen, tokenOut.symbol);
  const winner = offers.find(({ dex }) => dex === chosen);
  if (!winner) return sentence;
  if (order.slippageBps === null || tokenOut.decimals === null) return sentence;
  const least = floorAfter(winner.amountOut, order.slippageBps, tokenOut.decimals);
  return `${sentence} At least ${amount(least)} ${tokenOut.symbol} after slippage.`;
}
