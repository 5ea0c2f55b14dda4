// A route as a bar: the pools side by side, each as wide as its part of what is sold; those after one another below it.

import { h } from "./dom.js";
import { amount, percent, tokenName, venueAndPool } from "./format.js";
import { parse } from "./decimal.js";
import { addressOf } from "./pool-quotes.js";

/** How many tones there are; later legs begin anew, and their numbers tell them apart. */
const TONES = 4;

/** `legs` as an order shows them. */
export function routeBar(legs) {
  const parts = sharesOf(legs);
  const bar = h(
    "div",
    { class: "route-bar", "aria-hidden": "true" },
    parts.flatMap((share, index) => (share === null ? [] : [segment(share, index)])),
  );
  const list = h(
    "ol",
    { class: "route-legs", "aria-label": "The pools used" },
    legs.map((leg, index) => legLine(leg, parts[index], index)),
  );
  return h("div", { class: "route" }, bar, list);
}

/** Each leg's part of what the order sells; null for a leg that takes what another one paid. */
export function sharesOf(legs) {
  const sold = legs[0]?.tokenIn;
  const isSelling = legs.map(({ tokenIn }) => tokenIn === sold);
  const scale = Math.max(0, ...legs.map(({ amountIn }) => parse(amountIn).scale));
  const units = ({ amountIn }) => {
    const { digits, scale: own } = parse(amountIn);
    return digits * 10n ** BigInt(scale - own);
  };
  const all = legs.reduce((sum, leg, index) => (isSelling[index] ? sum + units(leg) : sum), 0n);
  return legs.map((leg, index) => {
    if (!isSelling[index]) return null;
    return all === 0n ? 0 : Number((units(leg) * 10_000n) / all) / 10_000;
  });
}

function segment(share, index) {
  const element = h("i", { "data-tone": index % TONES }, share >= 0.08 ? String(index + 1) : "");
  element.style.setProperty("flex-grow", String(Math.max(share, 0.01)));
  return element;
}

function legLine(leg, share, index) {
  const part = share === null ? "then" : percent(share);
  return h(
    "li",
    { "data-tone": index % TONES },
    h("i", { "aria-hidden": "true" }, String(index + 1)),
    h(
      "div",
      {},
      h("strong", {}, venueAndPool(leg.dex, leg.pool)),
      " ",
      h("span", { class: "muted" }, part),
      addressOf(leg),
    ),
    h(
      "div",
      { class: "leg-amounts" },
      h("span", { title: leg.amountIn }, `took ${amount(leg.amountIn)} ${tokenName(leg.tokenIn)}`),
      h("span", { title: leg.amountOut }, `paid ${amount(leg.amountOut)} ${tokenName(leg.tokenOut)}`),
    ),
  );
}
