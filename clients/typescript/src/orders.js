// The orders that can be submitted, each type with the fields that it takes.

import { DECIMAL_FIELDS } from "./wire.js";

/** @typedef {import("./wire.js").SubmitOrder} SubmitOrder */

/**
 * What every order may have. Its tokens are named by symbol or by the mint's address.
 *
 * @typedef {Required<Pick<SubmitOrder, "tokenIn" | "tokenOut">>
 *   & Pick<SubmitOrder, "slippageBps" | "minAmountOut" | "feeLevel" | "maxPriceImpactBps" | "clientOrderId"
 *     | "validForSeconds" | "wallet" | "venues" | "excludeVenues">} CommonFields
 */
/** @typedef {CommonFields & Required<Pick<SubmitOrder, "amount">>} SellFields */
/** @typedef {SellFields & Pick<SubmitOrder, "ocoGroup">} WaitingFields */

/** Sells `amount` now. @typedef {SellFields & { orderType?: "market" }} MarketOrder */
/**
 * Buys `amountOut` now, to the unit, for `maxAmountIn` at most.
 *
 * @typedef {Omit<CommonFields, "minAmountOut"> & { orderType?: "market" }
 *   & Required<Pick<SubmitOrder, "amountOut">> & Pick<SubmitOrder, "maxAmountIn">} ExactOutOrder
 */
/**
 * Sells at `limitPrice` or better, once somebody pays it.
 *
 * @typedef {WaitingFields & { orderType: "limit" } & Required<Pick<SubmitOrder, "limitPrice">>} LimitOrder
 */
/**
 * Sells once the price has fallen to `triggerPrice`.
 *
 * @typedef {WaitingFields & { orderType: "stop" } & Required<Pick<SubmitOrder, "triggerPrice">>} StopOrder
 */
/**
 * Sells once the price has risen to `triggerPrice`.
 *
 * @typedef {WaitingFields & { orderType: "take_profit" } & Required<Pick<SubmitOrder, "triggerPrice">>} TakeProfitOrder
 */
/**
 * Sells once the price has fallen by `trailBps` from its highest.
 *
 * @typedef {WaitingFields & { orderType: "trailing_stop" } & Required<Pick<SubmitOrder, "trailBps">>
 *   & Pick<SubmitOrder, "activationPrice">} TrailingStopOrder
 */
/**
 * Buys from the first pool that passes the gates.
 *
 * @typedef {WaitingFields & { orderType: "sniper" }
 *   & Pick<SubmitOrder, "triggerCondition" | "triggerValue" | "minLiquidity" | "maxFeeBps" | "requireRenounced">} SniperOrder
 */
/**
 * @typedef {MarketOrder | ExactOutOrder | LimitOrder | StopOrder | TakeProfitOrder | TrailingStopOrder | SniperOrder} NewOrder
 */

/**
 * Digits are taken as written, so they are text: what went through a floating-point number may have lost some.
 *
 * @param {object} fields
 * @param {readonly string[]} names
 */
export function checkDecimals(fields, names = DECIMAL_FIELDS) {
  for (const name of names) {
    const value = /** @type {Record<string, unknown>} */ (fields)[name];
    if (value !== undefined && typeof value !== "string") {
      throw new TypeError(`${name} must be a string such as "1.5", and not a ${typeof value}, which may have lost digits`);
    }
  }
}
