// Every pool that competed for an order, the best first, and why the best won.

import { h } from "./dom.js";
import { bpsAbove, minus } from "./decimal.js";
import { amount, percent, shortHash, venueAndPool } from "./format.js";

/** `pools` as an event shows them; `route` marks those that were used. */
export function poolTable(pools, route, symbol) {
  const used = new Set(route.map((leg) => leg.poolAddress ?? `${leg.dex} ${leg.pool}`));
  const isUsed = (pool) => used.has(pool.poolAddress ?? `${pool.dex} ${pool.pool}`);
  return h(
    "table",
    { class: "pool-quotes" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["Pool", `Pays ${symbol}`, "Fee", "Impact"].map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      pools.map((pool) => poolRow(pool, isUsed(pool))),
    ),
  );
}

function poolRow(pool, isUsed) {
  const name = h(
    "th",
    { scope: "row" },
    h(
      "div",
      {},
      venueAndPool(pool.dex, pool.pool),
      isUsed ? h("span", { class: "tag" }, "Used") : null,
      pool.poolAddress
        ? h("code", { class: "muted", title: pool.poolAddress }, shortHash(pool.poolAddress))
        : null,
    ),
  );
  const attributes = { "data-dex": pool.dex, "data-pool": pool.pool, "data-used": isUsed };
  if (pool.amountOut === null)
    return h("tr", attributes, name, h("td", { colspan: "3", class: "muted" }, pool.error ?? "No offer"));
  return h(
    "tr",
    attributes,
    name,
    h("td", { title: pool.amountOut }, amount(pool.amountOut)),
    h("td", { title: pool.fee }, percent(pool.fee)),
    h("td", { title: pool.priceImpact }, percent(pool.priceImpact)),
  );
}

/** Why the best one won, in a sentence. */
export function poolComparison(pools, { route, gainBps }, symbol) {
  const offers = pools.filter((pool) => pool.amountOut !== null);
  const name = (pool) => venueAndPool(pool.dex, pool.pool);
  if (offers.length === 0) return "No pool makes an offer.";
  if (route.length > 1)
    return `${route.length} pools together pay ${gainBps} bp more than the best of them alone.`;
  const [best, second] = offers;
  if (!second) return `${name(best)} alone makes an offer.`;
  const difference = minus(best.amountOut, second.amountOut);
  if (difference === "0") return `${name(best)} and ${name(second)} pay the same; the first moves its price least.`;
  const bps = bpsAbove(best.amountOut, second.amountOut);
  const share = bps >= 0.1 ? ` (${bps} bp)` : "";
  return `Of ${offers.length} offers ${name(best)} pays the most: ${amount(difference)} ${symbol}${share} more than ${name(second)}, the next best.`;
}
