export { OrderEngine } from "./client.js";
export {
  ClosedError,
  EngineError,
  InDoubtError,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
  isRefused,
} from "./errors.js";
export { Feed } from "./streams.js";
export { WebhookError, readWebhook } from "./webhooks.js";
export { ADVICE, ENDS, VERSION } from "./wire.js";

/** @typedef {import("./client.js").ListQuery} ListQuery */
/** @typedef {import("./client.js").QuoteQuery} QuoteQuery */
/** @typedef {import("./client.js").Submitted} Submitted */
/** @typedef {import("./orders.js").NewOrder} NewOrder */
/** @typedef {import("./orders.js").MarketOrder} MarketOrder */
/** @typedef {import("./orders.js").ExactOutOrder} ExactOutOrder */
/** @typedef {import("./orders.js").LimitOrder} LimitOrder */
/** @typedef {import("./orders.js").StopOrder} StopOrder */
/** @typedef {import("./orders.js").TakeProfitOrder} TakeProfitOrder */
/** @typedef {import("./orders.js").TrailingStopOrder} TrailingStopOrder */
/** @typedef {import("./orders.js").SniperOrder} SniperOrder */
/** @typedef {import("./transport.js").Settings} Settings */
/** @typedef {import("./transport.js").Call} Call */
/** @typedef {import("./wire.js").OrderEvent} OrderEvent */
/** @typedef {import("./wire.js").OrderView} OrderView */
/** @typedef {import("./wire.js").FeedEvent} FeedEvent */
/** @typedef {import("./wire.js").Resync} Resync */
/** @typedef {import("./wire.js").ProblemCode} ProblemCode */
/** @typedef {import("./wire.js").StatusName} StatusName */
/** @typedef {import("./wire.js").WebhookView} WebhookView */
