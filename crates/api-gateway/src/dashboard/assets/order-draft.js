// What the form says, checked as the engine will check it, and the request it becomes.

import { decimalsOf, isZero, parse } from "./decimal.js";
import { tokenOf } from "./tokens.js";

const MAX_SLIPPAGE_BPS = 5_000;
const MAX_IMPACT_BPS = 10_000;
const MAX_VALID_SECONDS = 2_592_000;
/** On-chain amounts are 64-bit. */
const MAX_BASE_UNITS = 2n ** 64n - 1n;

/** Why `text` is not an amount of this token; null where it is one. */
export function amountFault(text, token) {
  const parsed = parse(text);
  if (parsed === null) return "Digits and one point, such as 1.5.";
  if (isZero(text)) return "More than zero, please.";
  if (!token || token.decimals === null) return null;
  if (decimalsOf(text) > token.decimals) return `${token.symbol} has ${token.decimals} decimals at most.`;
  const scale = BigInt(token.decimals);
  const units = (parsed.digits * 10n ** scale) / 10n ** BigInt(parsed.scale);
  return units > MAX_BASE_UNITS ? `More ${token.symbol} than the chain can count.` : null;
}

/** The types that wait for a price, with the field that it goes to. */
const PRICES = {
  limit: "limitPrice",
  stop: "triggerPrice",
  take_profit: "triggerPrice",
  trailing_stop: "activationPrice",
};
const MAX_PRICE_DIGITS = 18;
const MAX_TRAIL_BPS = 5_000;

/** Whether the form buys an exact amount. */
export const buysExactly = (type) => type === "exact_out";

/** Whether an order of this type waits for a price. */
export const waitsForPrice = (type) => Object.hasOwn(PRICES, type);

/** Whether an order of this type follows the price, and needs no price of its own. */
export const trails = (type) => type === "trailing_stop";

/** Whether an order of this type and price would fire at once where its amount is sold at `best` now. */
export function firesAtOnce(type, price, best) {
  const [wanted, now] = [parse(price), parse(best)];
  if (wanted === null || now === null || trails(type)) return false;
  const [left, right] = [now.digits * 10n ** BigInt(wanted.scale), wanted.digits * 10n ** BigInt(now.scale)];
  return type === "stop" ? left <= right : left >= right;
}

/** What fires a sniper, with what its value is; none where a pool is enough. */
export const TRIGGERS = { pool_created: null, price_above: "price", price_below: "price", volume_spike: "factor" };
const MAX_FACTOR = 1_000_000n;
const MAX_FEE_BPS = 10_000;

/** Whether an order of this type waits for anything. */
export const waits = (type) => waitsForPrice(type) || type === "sniper";

/** Why `text` is no factor. */
function factorFault(text) {
  const parsed = parse(text);
  if (parsed === null || decimalsOf(text) > 4) return "A number, such as 2.5.";
  if (isZero(text)) return "More than zero, please.";
  return parsed.digits > MAX_FACTOR * 10n ** BigInt(parsed.scale) ? "A million at most." : null;
}

/** What is wrong with a sniper's own fields. */
function sniperFaults(fields, tokenIn) {
  const faults = {};
  const value = TRIGGERS[fields.triggerCondition];
  const problem = value === "price" ? priceFault(fields.triggerValue) : value && factorFault(fields.triggerValue);
  if (problem) faults.triggerValue = problem;
  if (fields.minLiquidity) {
    const tooThin = amountFault(fields.minLiquidity, tokenIn);
    if (tooThin) faults.minLiquidity = tooThin;
  }
  if (fields.maxFee && basisPoints(fields.maxFee, MAX_FEE_BPS) === null) {
    faults.maxFee = "0 to 100 percent, in steps of 0.01.";
  }
  return faults;
}

/** Why `text` is no price. */
export function priceFault(text) {
  const parsed = parse(text);
  if (parsed === null) return "A price, such as 150.25.";
  if (isZero(text)) return "More than zero, please.";
  const digits = parsed.digits.toString().replace(/0+$/, "");
  return digits.length > MAX_PRICE_DIGITS ? `${MAX_PRICE_DIGITS} digits at most.` : null;
}

/** Percent as typed, in basis points; null where it is none, or more than `most`. */
function basisPoints(text, most) {
  const parsed = parse(text);
  if (parsed === null || decimalsOf(text) > 2) return null;
  const bps = (parsed.digits * 100n) / 10n ** BigInt(parsed.scale);
  return bps <= BigInt(most) ? Number(bps) : null;
}

/** Percent as typed, in basis points; null where it is not a slippage. */
export function slippageBps(text) {
  return basisPoints(text, MAX_SLIPPAGE_BPS);
}

/**
 * Reads the form's texts. `faults` maps fields to what is wrong; `order` is the request's body, where
 * nothing is; `quotable` is what venues can be asked already, or null.
 */
export function readDraft(fields, tokens) {
  const faults = {};
  const tokenIn = tokenOf(fields.tokenIn, tokens);
  const tokenOut = tokenOf(fields.tokenOut, tokens);
  const buys = buysExactly(fields.orderType);
  const amountField = buys ? "amountOut" : "amount";
  const amountProblem = amountFault(fields[amountField], buys ? tokenOut : tokenIn);
  if (amountProblem) faults[amountField] = amountProblem;
  if (buys && fields.maxAmountIn) {
    const problem = amountFault(fields.maxAmountIn, tokenIn);
    if (problem) faults.maxAmountIn = problem;
  }
  for (const [name, token] of Object.entries({ tokenIn, tokenOut })) {
    if (token === null) faults[name] = "A listed symbol, or the address of any mint.";
  }
  if (tokenIn && tokenIn.mint === tokenOut?.mint) faults.tokenOut = "Two different tokens, please.";
  const isUsual = waits(fields.orderType) && !fields.slippage;
  const bps = isUsual ? undefined : slippageBps(fields.slippage);
  if (bps === null) faults.slippage = "0 to 50 percent, in steps of 0.01.";
  const trail = trails(fields.orderType) ? basisPoints(fields.trail, MAX_TRAIL_BPS) : null;
  if (trails(fields.orderType) && !trail) faults.trail = "0.01 to 50 percent, in steps of 0.01.";
  if (waitsForPrice(fields.orderType)) {
    const isOptional = trails(fields.orderType) && !fields.price;
    const problem = isOptional ? null : priceFault(fields.price);
    if (problem) faults.price = problem;
  }
  if (fields.orderType === "sniper") Object.assign(faults, sniperFaults(fields, tokenIn));
  if (waits(fields.orderType) && fields.ocoGroup && !/^[ -~]{1,64}$/.test(fields.ocoGroup)) {
    faults.ocoGroup = "Up to 64 plain characters.";
  }
  if (fields.minAmountOut && !buys) {
    const problem = amountFault(fields.minAmountOut, tokenOut);
    if (problem) faults.minAmountOut = problem;
  }
  if (fields.validForSeconds && !isWholeUpTo(fields.validForSeconds, MAX_VALID_SECONDS)) {
    faults.validForSeconds = "Whole seconds, up to 30 days.";
  }
  const impact = fields.maxPriceImpact ? basisPoints(fields.maxPriceImpact, MAX_IMPACT_BPS) : null;
  if (fields.maxPriceImpact && !impact) faults.maxPriceImpact = "0.01 to 100 percent, in steps of 0.01.";
  if (fields.wallet && !/^[A-Za-z0-9_-]{1,44}$/.test(fields.wallet)) {
    faults.wallet = "A wallet's name or address.";
  }
  if (fields.clientOrderId && !/^[ -~]{1,64}$/.test(fields.clientOrderId)) {
    faults.clientOrderId = "Up to 64 plain characters.";
  }
  if (fields.venues.length === 0) faults.venues = "At least one venue.";
  const order = Object.keys(faults).length === 0 ? orderOf(fields, { bps, impact, trail }) : null;
  const isQuotable = !faults[amountField] && !faults.tokenIn && !faults.tokenOut && !faults.venues;
  return { faults, order, quotable: isQuotable ? orderOf(fields, { bps, impact, trail }) : null };
}

function orderOf(fields, { bps, impact, trail }) {
  const order = {
    tokenIn: fields.tokenIn,
    tokenOut: fields.tokenOut,
  };
  if (buysExactly(fields.orderType)) {
    order.amountOut = fields.amountOut;
    if (fields.maxAmountIn) order.maxAmountIn = fields.maxAmountIn;
  } else {
    order.amount = fields.amount;
    if (fields.minAmountOut) order.minAmountOut = fields.minAmountOut;
  }
  if (bps !== undefined) order.slippageBps = bps;
  if (waitsForPrice(fields.orderType)) {
    order.orderType = fields.orderType;
    if (fields.price) order[PRICES[fields.orderType]] = fields.price;
    if (trail) order.trailBps = trail;
  }
  if (fields.orderType === "sniper") {
    order.orderType = "sniper";
    order.triggerCondition = fields.triggerCondition;
    if (TRIGGERS[fields.triggerCondition]) order.triggerValue = fields.triggerValue;
    if (fields.minLiquidity) order.minLiquidity = fields.minLiquidity;
    if (fields.maxFee) order.maxFeeBps = basisPoints(fields.maxFee, MAX_FEE_BPS);
    if (fields.requireRenounced) order.requireRenounced = true;
  }
  if (waits(fields.orderType) && fields.ocoGroup) order.ocoGroup = fields.ocoGroup;
  if (fields.validForSeconds) order.validForSeconds = Number(fields.validForSeconds);
  if (fields.feeLevel) order.feeLevel = fields.feeLevel;
  if (impact) order.maxPriceImpactBps = impact;
  if (fields.wallet) order.wallet = fields.wallet;
  if (fields.clientOrderId) order.clientOrderId = fields.clientOrderId;
  if (fields.isRestricted) order.venues = fields.venues;
  return order;
}

function isWholeUpTo(text, most) {
  return /^[1-9]\d{0,8}$/.test(text) && Number(text) <= most;
}
