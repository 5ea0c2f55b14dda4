// The engine's calls.

import { randomUUID } from "node:crypto";

import { InDoubtError, RefusedError, UnexpectedAnswerError, UnreachableError } from "./errors.js";
import { checkDecimals } from "./orders.js";
import { Feed, follow } from "./streams.js";
import { Transport, isTransient } from "./transport.js";

/** @typedef {import("./orders.js").NewOrder} NewOrder */
/** @typedef {import("./wire.js").AcceptedOrder} AcceptedOrder */
/** @typedef {import("./wire.js").CancelledOrder} CancelledOrder */
/** @typedef {import("./wire.js").ChangeOrder} ChangeOrder */
/** @typedef {import("./wire.js").OrderEvent} OrderEvent */
/** @typedef {import("./wire.js").OrderListAnswer} OrderListAnswer */
/** @typedef {import("./wire.js").OrderView} OrderView */
/** @typedef {import("./wire.js").QuotesAnswer} QuotesAnswer */
/** @typedef {import("./wire.js").StatusName} StatusName */

/**
 * @typedef {object} Options
 * @property {AbortSignal} [signal] Ends the call, with its reason.
 */
/**
 * An accepted order: it is stored, and will reach an end.
 *
 * @typedef {AcceptedOrder & { clientOrderId: string, replayed: boolean }} Submitted
 * `replayed`: an earlier request under the same `clientOrderId` had made it.
 */
/**
 * @typedef {object} ListQuery
 * @property {StatusName} [status]
 * @property {string} [tokenIn]
 * @property {string} [tokenOut]
 * @property {import("./wire.js").OrderTypeName} [orderType]
 * @property {boolean} [waiting] Only orders that wait for a condition, or only others.
 * @property {string} [ocoGroup]
 * @property {string} [wallet]
 * @property {number} [limit] Of a page: 1 to 200, 50 where absent.
 */
/**
 * What to sell (`amount`), or what to buy to the unit (`amountOut`).
 *
 * @typedef {{ tokenIn: string, tokenOut: string, slippageBps?: number }
 *   & ({ amount: string } | { amountOut: string, maxAmountIn?: string })} QuoteQuery
 */

const EXECUTE = "/api/orders/execute";

/** A client of an engine, or of several gateways of one. It holds no connection between calls but streams. */
export class OrderEngine {
  #transport;

  /** @param {import("./transport.js").Settings} settings */
  constructor(settings) {
    this.#transport = new Transport(settings);
  }

  /** The gateway that calls go to now. */
  get url() {
    return this.#transport.url;
  }

  /**
   * Submits an order, once: it gets a `clientOrderId` where it has none, which is its Idempotency-Key too, and is
   * sent again under it until an answer tells what became of it. Where none does, {@link InDoubtError} says under
   * which name to ask again. A program that may die meanwhile makes and stores that name first.
   *
   * @param {NewOrder} order
   * @param {Options & { onDoubt?: (clientOrderId: string, error: unknown) => void }} [options] `onDoubt` is called
   *   for each try after which nobody knows.
   * @returns {Promise<Submitted>}
   */
  async submit(order, { signal, onDoubt } = {}) {
    checkDecimals(order);
    const clientOrderId = order.clientOrderId ?? randomUUID();
    const body = { ...order, clientOrderId };
    // Visible characters alone, whatever the name has.
    const headers = { "Idempotency-Key": encodeURIComponent(clientOrderId) };
    const once = (/** @type {string} */ url) => this.#transport.once(url, "POST", EXECUTE, { body, headers, signal });
    let inDoubt = false;
    const mayHelp = (/** @type {unknown} */ error) => {
      // These are given only after the key was looked up, and are final.
      const isFinal = error instanceof RefusedError && [409, 422].includes(error.status);
      const isOpen = mayHaveMade(error);
      inDoubt = (inDoubt || isOpen) && !isFinal;
      if (isOpen) onDoubt?.(clientOrderId, error);
      return !isFinal && (isOpen || isTransient(error));
    };
    try {
      const { body: accepted, headers: told } = await this.#transport.repeat(once, mayHelp, signal);
      const replayed = told.get("idempotent-replayed") === "true";
      return { .../** @type {AcceptedOrder} */ (accepted), clientOrderId, replayed };
    } catch (error) {
      if (inDoubt) throw new InDoubtError(clientOrderId, error);
      throw signal?.aborted ? signal.reason : error;
    }
  }

  /**
   * Submits an order, follows it to its end, and tells what became of it: `status` says whether it was executed.
   *
   * @param {NewOrder} order
   * @param {Options & { onEvent?: (event: OrderEvent) => void }} [options]
   * @returns {Promise<OrderView>}
   */
  async execute(order, { signal, onEvent } = {}) {
    const { orderId } = await this.submit(order, { signal });
    for await (const event of this.follow(orderId, { signal })) onEvent?.(event);
    return this.order(orderId, { signal });
  }

  /**
   * What the order would get now; nothing is stored.
   *
   * @param {NewOrder} order
   * @param {Options} [options]
   * @returns {Promise<QuotesAnswer>}
   */
  async dryRun(order, options) {
    checkDecimals(order);
    const call = { query: { dryRun: true }, body: order, ...options };
    return /** @type {QuotesAnswer} */ (await this.#repeated("POST", EXECUTE, call));
  }

  /**
   * Each event of an order once and in order, from its first one (or the one after `since`) to its last, across lost
   * connections.
   *
   * @param {string} orderId
   * @param {Options & { since?: number }} [options]
   */
  follow(orderId, options) {
    return follow(this.#transport, orderId, options);
  }

  /**
   * The events of all orders, from now on or from after a `cursor`, across lost connections.
   *
   * @param {Options & { statuses?: readonly StatusName[], cursor?: string }} [options]
   */
  stream(options) {
    return new Feed(this.#transport, options);
  }

  /**
   * An order and what became of it.
   *
   * @param {string} orderId
   * @param {Options} [options]
   * @returns {Promise<OrderView>}
   */
  async order(orderId, options) {
    return (await this.#get(of(orderId), {}, options)).order;
  }

  /**
   * The same, by your own name for it.
   *
   * @param {string} clientOrderId
   * @param {Options} [options]
   * @returns {Promise<OrderView>}
   */
  async orderByClientId(clientOrderId, options) {
    const path = `/api/orders/by-client-id/${encodeURIComponent(clientOrderId)}`;
    return (await this.#get(path, {}, options)).order;
  }

  /**
   * All orders that match, the newest first; page after page is read as they are taken.
   *
   * @param {ListQuery} [query]
   * @param {Options} [options]
   * @returns {AsyncGenerator<OrderView, void, undefined>}
   */
  async *orders(query = {}, options) {
    /** @type {string | null | undefined} */
    let cursor;
    do {
      const page = await this.ordersPage({ ...query, ...(cursor ? { cursor } : {}) }, options);
      yield* page.orders;
      cursor = page.nextCursor;
    } while (cursor);
  }

  /**
   * One page; `nextCursor` leads to the next one, and is null on the last.
   *
   * @param {ListQuery & { cursor?: string }} [query]
   * @param {Options} [options]
   * @returns {Promise<OrderListAnswer>}
   */
  ordersPage(query = {}, options) {
    return this.#get("/api/orders", query, options);
  }

  /**
   * The events that an order has had, after `since` or all.
   *
   * @param {string} orderId
   * @param {Options & { since?: number }} [options]
   * @returns {Promise<OrderEvent[]>}
   */
  async events(orderId, { since, signal } = {}) {
    const query = since === undefined ? {} : { since };
    return (await this.#get(`${of(orderId)}/events`, query, { signal })).events;
  }

  /**
   * What an order's newest transaction told the chain's programs.
   *
   * @param {string} orderId
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").TransactionAnswer>}
   */
  transaction(orderId, options) {
    return this.#get(`${of(orderId)}/transaction`, {}, options);
  }

  /**
   * Changes an order that waits; what is absent stays. Refused with `not_waiting` once it has fired.
   *
   * @param {string} orderId
   * @param {ChangeOrder} change
   * @param {Options} [options]
   * @returns {Promise<OrderView>}
   */
  async change(orderId, change, options) {
    checkDecimals(change);
    const answer = await this.#repeated("PATCH", of(orderId), { body: change, ...options });
    return /** @type {import("./wire.js").OrderAnswer} */ (answer).order;
  }

  /**
   * Cancels an order in time, or throws `not_cancellable`, with `orderStatus`.
   *
   * @param {string} orderId
   * @param {Options} [options]
   * @returns {Promise<CancelledOrder>}
   */
  async cancel(orderId, options) {
    let tries = 0;
    try {
      const path = `${of(orderId)}/cancel`;
      const once = (/** @type {string} */ url) => (tries++, this.#transport.once(url, "POST", path, options));
      return /** @type {CancelledOrder} */ ((await this.#transport.repeat(once, isTransient, options?.signal)).body);
    } catch (error) {
      // The lost answer to an earlier try had said so.
      if (tries > 1 && error instanceof RefusedError && error.orderStatus === "cancelled") {
        return { success: true, orderId, status: "cancelled", message: "Order cancelled" };
      }
      throw options?.signal?.aborted ? options.signal.reason : error;
    }
  }

  /**
   * Each venue's best offer, and the route that an order would take now.
   *
   * @param {QuoteQuery} query
   * @param {Options} [options]
   * @returns {Promise<QuotesAnswer>}
   */
  async quotes(query, options) {
    checkDecimals(query);
    return this.#get("/api/quotes", query, options);
  }

  /**
   * Every pool known of a pair, and why it is not used.
   *
   * @param {string} tokenIn
   * @param {string} tokenOut
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").PoolsAnswer>}
   */
  pools(tokenIn, tokenOut, options) {
    return this.#get("/api/pools", { tokenIn, tokenOut }, options);
  }

  /**
   * The listed tokens.
   *
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").TokenView[]>}
   */
  async tokens(options) {
    return (await this.#get("/api/tokens", {}, options)).tokens;
  }

  /**
   * What a wallet holds and may spend: the first, or the one of this name or address. Where keys are set, for the
   * admin key alone.
   *
   * @param {string} [wallet]
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").WalletAnswer>}
   */
  wallet(wallet, options) {
    const query = wallet === undefined ? {} : { wallet };
    return this.#get("/api/wallet", query, options);
  }

  /**
   * What the whole cluster is doing.
   *
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").StatsAnswer>}
   */
  stats(options) {
    return this.#get("/api/stats", {}, options);
  }

  /**
   * How well the orders of the last `minutes` (60) were executed.
   *
   * @param {number} [minutes]
   * @param {Options} [options]
   * @returns {Promise<import("./wire.js").ExecutionStatsAnswer>}
   */
  executionStats(minutes, options) {
    const query = minutes === undefined ? {} : { minutes };
    return this.#get("/api/stats/execution", query, options);
  }

  /**
   * Any other call (docs/API.md), such as an operator's. `GET` is repeated where that may help, anything else is
   * sent once.
   *
   * @param {string} method
   * @param {string} path
   * @param {import("./transport.js").Call} [call]
   * @returns {Promise<unknown>}
   */
  async call(method, path, call) {
    if (method === "GET") return this.#repeated(method, path, call);
    return (await this.#transport.once(this.url, method, path, call)).body;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import("./transport.js").Call} [call]
   */
  async #repeated(method, path, call) {
    try {
      const once = (/** @type {string} */ url) => this.#transport.once(url, method, path, call);
      return (await this.#transport.repeat(once, isTransient, call?.signal)).body;
    } catch (error) {
      throw call?.signal?.aborted ? call.signal.reason : error;
    }
  }

  /**
   * @param {string} path
   * @param {object} query
   * @param {Options} [options]
   * @returns {Promise<any>} What the documents say of this path.
   */
  #get(path, query, options) {
    return this.#repeated("GET", path, { query: /** @type {import("./transport.js").Call["query"]} */ (query), ...options });
  }
}

/** @param {string} orderId */
function of(orderId) {
  return `/api/orders/${encodeURIComponent(orderId)}`;
}

/**
 * Whether the order may have been made by the try that failed so.
 *
 * @param {unknown} error
 */
function mayHaveMade(error) {
  if (error instanceof UnreachableError) return error.mayHaveArrived;
  if (error instanceof RefusedError) return [500, 502, 504].includes(error.status) || error.code === "outcome_unknown";
  // A proxy does not forward what it calls the caller's fault.
  return error instanceof UnexpectedAnswerError && (error.status ?? 500) >= 500;
}
