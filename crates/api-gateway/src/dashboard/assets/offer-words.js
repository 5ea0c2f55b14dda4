// Offers compared in words.

import { bpsAbove, isMore, minus } from "./decimal.js";
import { amount, tokenName, venueName } from "./format.js";

/** The venue that pays most by itself, or asks least; between equals the first, null where there is none. */
export function bestOf(offers) {
  const isBetter = (one, other) =>
    one.amountIn ? isMore(other.amountIn, one.amountIn) : isMore(one.amountOut, other.amountOut);
  const [first, ...rest] = offers.filter(({ amountOut }) => amountOut !== null);
  return rest.reduce((best, offer) => (isBetter(offer, best) ? offer : best), first)?.dex ?? null;
}

/** Why the best one is, in a sentence. */
export function comparison(offers, symbol) {
  const chosen = bestOf(offers);
  const winner = offers.find(({ dex }) => dex === chosen);
  const other = offers.find(({ dex }) => dex !== chosen);
  if (!winner) return "No venue makes an offer.";
  if (!other) return `${venueName(chosen)} alone makes an offer.`;
  if (winner.amountIn) return `${venueName(chosen)} asks less than ${venueName(other.dex)}.`;
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
