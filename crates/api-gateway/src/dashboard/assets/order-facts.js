// What an order's page says beside the timeline: what was asked, what was offered, what landed.

import { copyButton } from "./copy.js";
import { h } from "./dom.js";
import { amount, count, duration, moment, percent, signedBps, venueAndPool } from "./format.js";
import { instructionList } from "./instructions.js";
import { addressOf, poolComparison, poolTable } from "./pool-quotes.js";
import { bestOf, comparison } from "./offer-words.js";
import { quoteCard } from "./quote-panel.js";
import { routeBar } from "./route-bar.js";

/** A definition list; entries without a value are left out. */
export function facts(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: "fact-list" },
    shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

export function termsCard(order) {
  const both = order.venues.length > 1;
  return card("The order", [
    facts([
      ["Sells", order.amountIn === null ? order.tokenIn : `${order.amountIn} ${order.tokenIn}`],
      ["Buys", order.amountOutWanted ? `exactly ${order.amountOutWanted} ${order.tokenOut}` : order.tokenOut],
      ["Pays at most", order.maxAmountIn && `${order.maxAmountIn} ${order.tokenIn}`],
      ["Type", order.orderType],
      ["Limit price", pricePerUnit(order.limitPrice, order)],
      ["Fires at", pricePerUnit(order.triggerPrice, order)],
      ["Trails by", order.trailBps && percent(order.trailBps / 10_000)],
      ["From", pricePerUnit(order.activationPrice, order)],
      ["Snipes at", triggerOf(order)],
      ["Gates", gatesOf(order)],
      ["Group", order.ocoGroup],
      ["Slippage", slippage(order.slippageBps)],
      ["Own floor", order.minAmountOut && `${order.minAmountOut} ${order.tokenOut}`],
      ["Network fee", feeLevel(order.feeLevel)],
      ["Moves the price", order.maxPriceImpactBps && `by ${percent(order.maxPriceImpactBps / 10_000)} at most`],
      ["Paid by", order.wallet],
      ["Waits", order.waiting?.detail],
      ["Now", nowOf(order)],
      ["Venues", both ? null : `${order.venues[0]} only`],
      ["Valid until", order.expiresAt && moment(order.expiresAt)],
      ["Your name for it", order.clientOrderId],
      ["Accepted", moment(order.createdAt)],
    ]),
  ]);
}

const pricePerUnit = (price, order) => price && `${price} ${order.tokenOut} for one ${order.tokenIn}`;

/** What fires a sniper. */
function triggerOf(order) {
  const value = order.triggerValue;
  switch (order.triggerCondition) {
    case "pool_created":
      return "a pool that passes its gates";
    case "price_above":
      return `${pricePerUnit(value, order)} or more`;
    case "price_below":
      return `${pricePerUnit(value, order)} or less`;
    case "volume_spike":
      return `a minute of ${value} times the mean volume`;
    default:
      return null;
  }
}

/** What a sniper's pool must be like. */
function gatesOf({ tokenIn, minLiquidity, maxFeeBps, requireRenounced }) {
  return [
    minLiquidity && `holds ${minLiquidity} ${tokenIn}`,
    typeof maxFeeBps === "number" && `charges ${percent(maxFeeBps / 10_000)} at most`,
    requireRenounced && "nobody can mint or freeze the token",
  ]
    .filter(Boolean)
    .join(", ");
}

/** None where the price of a limit is its floor. */
const slippage = (bps) => (bps === null ? null : `${bps} bp (${percent(bps / 10_000)})`);

/** What an order that waits would be sold at now, and how far that is from its price. */
function nowOf({ waiting }) {
  if (waiting?.for === "volume") return volumeOf(waiting);
  if (!waiting?.best || waiting.distanceBps === undefined) return null;
  return `${waiting.best}, ${distance(waiting.distanceBps)}`;
}

/** What the running minute has traded, and what is missing of a mean. */
const volumeOf = ({ volume, mean, needs }) =>
  needs ? `needs ${needs}` : `${volume} this minute, ${mean} in the mean one`;

/** How far a price is away, in words. */
export const distance = (bps) => (bps > 0 ? `${percent(bps / 10_000)} away` : "there");

/** A level's name, or a price. */
function feeLevel(level) {
  return typeof level === "number" ? unitPrice(level) : level;
}

const unitPrice = (number) => `${count(number)} micro-lamports per unit`;

/**
 * What each pool took and paid, and how that compares. `quality`: the engine's word on it, null where it has said
 * nothing yet.
 */
export function paidCard({ route, fill }, order, quality) {
  const legs = fill?.route ?? route?.route ?? [];
  if (legs.length === 0) return null;
  const compared = fill ? quality : null;
  const single = quality?.bestSingle;
  return card(fill ? "What was paid" : "The route", [
    compared && compared.againstQuotedBps !== null ? h("p", { class: "verdict" }, paidVerdict(compared, order, legs)) : null,
    routeBar(legs),
    facts([
      ["Received", fill && `${fill.amountOut} ${order.tokenOut}`],
      ["Price", fill && fill.executedPrice],
      ["Quoted", route && `${route.expectedAmountOut} ${order.tokenOut}`],
      ["Best single pool", single && `${singleOffer(single, order)} on ${venueAndPool(single.dex, single.pool)}`],
      ["Mid price", quality?.midPrice && `${quality.midPrice} at the decision`],
      ["Against the quote", difference(compared?.againstQuotedBps)],
      ["Against the best single pool", difference(compared?.againstBestSingleBps)],
      ["Against the mid price", difference(compared?.againstMidBps)],
    ]),
  ]);
}

/** What it would have paid, or asked for an exact amount. */
const singleOffer = ({ amountIn, amountOut }, order) =>
  amountIn ? `asks ${amountIn} ${order.tokenIn}` : `${amountOut} ${order.tokenOut}`;

/** Of a purchase what counts is what it cost: it is said to be better, not to be more. */
function paidVerdict({ againstQuotedBps, againstBestSingleBps }, { amountOutWanted }, legs) {
  const isPurchase = (amountOutWanted ?? null) !== null;
  const by = `${Math.abs(againstQuotedBps)} bp`;
  const isBetter = againstQuotedBps > 0;
  const quoted =
    againstQuotedBps === 0
      ? `${isPurchase ? "Cost" : "Paid"} what was quoted`
      : isPurchase
        ? `Bought ${by} ${isBetter ? "better" : "worse"} than quoted`
        : `Paid ${by} ${isBetter ? "more" : "less"} than quoted`;
  if (legs.length === 1 || againstBestSingleBps === null) return `${quoted}.`;
  return `${quoted}, ${signedBps(againstBestSingleBps)} against the best single pool's offer.`;
}

const difference = (bps) => (bps === null || bps === undefined ? null : signedBps(bps));

/** The quotes of the newest attempt, and why the chosen one won. */
export function routeCard(route, order) {
  if (route === null) return null;
  // Orders of 0.1.0 kept each venue's best offer alone.
  const pools = route.pools ?? [];
  const offers = route.quotes.filter((quote) => quote.amountOut !== null);
  const verdict =
    pools.length > 0
      ? poolComparison(pools, route, order.tokenOut)
      : comparison(offers, order.tokenOut);
  return card("Quotes that competed", [
    h("p", { class: "verdict" }, verdict),
    h(
      "div",
      { class: "quotes" },
      route.quotes.map((quote) => quoteCard(quote, { best: bestOf(route.quotes), symbol: quote.amountIn ? order.tokenIn : order.tokenOut })),
    ),
    pools.length > 0 ? poolTable(pools, route.route, order.tokenOut) : null,
    facts([
      ["Expected", `${route.expectedAmountOut} ${order.tokenOut}`],
      ["At least", `${route.minAmountOut} ${order.tokenOut}`],
      ["At most", route.maxAmountIn && `${route.maxAmountIn} ${order.tokenIn}`],
      ["Of attempt", route.attempt > 1 ? String(route.attempt) : null],
    ]),
  ]);
}

/**
 * `entries`: the chain's own book for this order; empty where nothing landed or it is not simulated. `transaction`: what
 * it told the programs, or null. `slow`: how it fares while it does not land, or null.
 */
export function transactionCard({ sent, fill, route }, order, { entries, transaction, receipt, slow }) {
  if (sent === null) return null;
  const entry = entries.find(({ signature }) => signature === sent.txHash) ?? null;
  return card("Transaction", [
    h("p", { class: "hash" }, h("code", {}, sent.txHash), copyButton(sent.txHash, "the signature")),
    h(
      "ol",
      { class: "steps", "aria-label": "What the transaction does" },
      stepsOf(order, fill?.route ?? route?.route ?? [], route?.maxAmountIn ?? order.amountIn),
    ),
    facts([
      ...receiptFacts(receipt ?? fill?.receipt ?? null),
      ...(slow === null ? [] : landingFacts(slow)),
      ...doubtFacts(order.doubt),
      ["Block", entry && count(entry.height)],
      ["Landed", entry && `${moment(entry.landedAt)}${entry.ok ? "" : ", rolled back"}`],
      ["On the ledger", entry ? null : fill ? null : "not yet"],
    ]),
    ...(transaction === null ? [] : instructionList(transaction)),
  ]);
}

/** What the transaction cost, by the chain's word. */
function receiptFacts(receipt) {
  if (receipt === null) return [];
  const lamports = (number) => `${count(number)} lamports`;
  const priority = receipt.priorityFeeLamports;
  const fee = lamports(receipt.feeLamports) + (priority > 0 ? `, ${count(priority)} of it for priority` : "");
  return [
    ["Network fee", fee],
    ["Rent paid", receipt.rentPaidLamports > 0 ? lamports(receipt.rentPaidLamports) : null],
    ["Rent returned", receipt.rentReturnedLamports > 0 ? lamports(receipt.rentReturnedLamports) : null],
    ["Compute units", receipt.computeUnits === null ? null : count(receipt.computeUnits)],
    ["Slot", count(receipt.slot)],
    ["Confirmed", moment(receipt.confirmedAt)],
    ["Final", receipt.finalizedAt && moment(receipt.finalizedAt)],
    ["Vanished", receipt.vanishedAt && `${moment(receipt.vanishedAt)}: its block was given up; sent again`],
    ["Never lands", receipt.diedAt && `proved ${moment(receipt.diedAt)}: nothing was swapped`],
    ...receipt.leftover.map((left) => ["Left over", `${left.amount} of ${left.mint}`]),
  ];
}

/** Why the order still waits although its transaction should have come to an end. */
function doubtFacts(doubt) {
  const { unprovable, declaredDead } = doubt ?? {};
  return [
    ["Nobody can prove it dead", unprovable && `since ${moment(unprovable.since)}: ${unprovable.reason}`],
    ["Said to be dead", declaredDead && `${moment(declaredDead.at)}: ${declaredDead.reason}`],
  ];
}

export function attemptsCard({ retries, end }) {
  const failures = retries.map((event) => ({
    attempt: event.attempt - 1,
    text: event.error,
    at: event.timestamp,
    landing: event.landing,
  }));
  if (end?.status === "failed")
    failures.push({
      attempt: end.attempt,
      text: end.error,
      code: end.errorCode,
      at: end.timestamp,
      landing: end.landing,
    });
  if (failures.length === 0) return null;
  return card("What went wrong", [
    h(
      "ol",
      { class: "failures" },
      failures.map(({ attempt, text, code, at, landing }) =>
        h(
          "li",
          {},
          h("strong", {}, `Attempt ${attempt}`),
          h("span", {}, text),
          h("span", { class: "muted" }, [code, moment(at)].filter(Boolean).join(" · ")),
          landing ? facts(landingFacts(landing)) : null,
        ),
      ),
    ),
  ]);
}

/** Why a transaction did not land, by what can be told. */
function landingFacts(landing) {
  const known = (value, text) => (value === null ? null : text(value));
  return [
    ["Rolled back", landing.rolledBack ? `${landing.rolledBack}, in a block that is not final yet` : null],
    ["Blocks it lived", known(landing.blocksLived, count)],
    ["Sends taken", known(landing.sendsTaken, count)],
    ["Offered", unitPrice(landing.unitPrice)],
    ["Usual price", known(landing.usualUnitPrice, unitPrice)],
    ["Enough for", known(landing.feePercentile, (share) => `${share} % of the blocks`)],
    ["Simulated", known(landing.simulatedUnits, (units) => `${count(units)} units`)],
  ];
}

export function took(events) {
  const [first, last] = [events[0], events.at(-1)];
  return duration(Date.parse(last.timestamp) - Date.parse(first.timestamp));
}

/** `legs`: those of the fill, or of the route that was chosen. `wrapped`: of a purchase the most that it may cost. */
function stepsOf(order, legs, wrapped) {
  return [
    order.nativeSol === "wrapped_before_swap"
      ? h("li", {}, `Wrap ${amount(wrapped)} SOL into wSOL`)
      : null,
    ...legs.map(legLine),
    order.nativeSol === "unwrapped_after_swap" ? h("li", {}, "Unwrap the wSOL received into SOL") : null,
  ];
}

function legLine(leg) {
  const swap = `Swap ${amount(leg.amountIn)} ${leg.tokenIn} for ${amount(leg.amountOut)} ${leg.tokenOut}`;
  return h("li", {}, h("span", {}, `${swap} on ${venueAndPool(leg.dex, leg.pool)} `, addressOf(leg)));
}

function card(title, children) {
  return h("section", { class: "panel" }, h("h2", {}, title), h("div", { class: "panel-body" }, children));
}
