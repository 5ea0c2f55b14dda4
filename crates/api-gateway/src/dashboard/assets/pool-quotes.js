// Every pool that competed for an order, the best first, and why the best won.

import { h } from "./dom.js";
import { amount, percent, shortHash, tokenName, venueAndPool } from "./format.js";
import { advantage } from "./offer-words.js";

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
        ["Pool", pools.some(asks) ? "Asks" : `Pays ${tokenName(symbol)}`, "Fee", "Impact"].map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      pools.map((pool) => poolRow(pool, isUsed(pool))),
    ),
  );
}

/** Whether it was asked what an exact amount costs. */
const asks = (pool) => pool.amountIn !== undefined && pool.amountIn !== null;

function poolRow(pool, isUsed) {
  const name = h(
    "th",
    { scope: "row" },
    h(
      "div",
      {},
      venueAndPool(pool.dex, pool.pool),
      isUsed ? h("span", { class: "tag" }, "Used") : null,
      addressOf(pool),
    ),
  );
  const attributes = { "data-dex": pool.dex, "data-pool": pool.pool, "data-used": isUsed };
  if (pool.amountOut === null)
    return h("tr", attributes, name, h("td", { colspan: "3", class: "muted" }, pool.error ?? "No offer"));
  return h(
    "tr",
    attributes,
    name,
    h("td", { title: pool.amountIn ?? pool.amountOut }, amount(pool.amountIn ?? pool.amountOut)),
    h("td", { title: pool.fee }, percent(pool.fee)),
    h("td", { title: pool.priceImpact }, percent(pool.priceImpact)),
  );
}

/** Where a pool is, shortened; nothing where that was not recorded. */
export function addressOf({ poolAddress }) {
  return poolAddress ? h("code", { class: "muted", title: poolAddress }, shortHash(poolAddress)) : null;
}

/** Why the best one won, in a sentence. */
export function poolComparison(pools, { route, gainBps }, symbol) {
  const offers = pools.filter((pool) => pool.amountOut !== null);
  const name = (pool) => venueAndPool(pool.dex, pool.pool);
  const gain = gainBps === 0 ? "less than 1 bp" : `${gainBps} bp`;
  if (offers.length === 0)
    return route.length > 1
      ? `No pool makes an offer for all of it; a route of ${route.length} pools does.`
      : "No pool makes an offer.";
  if (route.length > 1 && asks(offers[0]))
    return `A route of ${route.length} pools is ${gain} better than the best single pool.`;
  if (route.length > 1)
    return `A route of ${route.length} pools pays ${gain} more than the best single pool.`;
  const [best, second] = offers;
  if (!second) return `${name(best)} alone makes an offer.`;
  if (asks(best)) return `Of ${offers.length} offers ${name(best)} asks the least for the amount.`;
  const more = advantage(best, second, symbol);
  if (more === null) return `${name(best)} and ${name(second)} pay the same; the first moves its price least.`;
  return `Of ${offers.length} offers ${name(best)} pays the most: ${more} more than ${name(second)}, the next best.`;
}
