// Offers compared in words.

import { bpsAbove, minus } from "./decimal.js";
import { amount, tokenName, venueName } from "./format.js";

/** Why the best one is, in a sentence. */
export function comparison(offers, chosen, symbol) {
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
