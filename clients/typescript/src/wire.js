// Made by scripts/client-types from docs/openapi.json, docs/asyncapi.json and docs/API.md. Not for editing.

export const VERSION = "0.1.0";

export const DECIMAL_FIELDS = Object.freeze([
  "activationPrice",
  "amount",
  "amountIn",
  "amountOut",
  "limitPrice",
  "maxAmountIn",
  "minAmountOut",
  "minLiquidity",
  "triggerPrice",
  "triggerValue"
]);

export const ENDS = Object.freeze([
  "confirmed",
  "failed",
  "cancelled",
  "expired"
]);

export const ADVICE = Object.freeze({
  "malformed_json": "send JSON in UTF-8",
  "invalid_parameter": "correct the named query or path parameter",
  "invalid_header": "correct the named header",
  "body_incomplete": "send the whole body, within ten seconds",
  "bad_message": "on a socket: send an order first, then only pings",
  "unauthorized": "show a valid key or token",
  "forbidden": "this key or caller may not do this",
  "not_found": "there is nothing at this path",
  "order_not_found": "there is no such order, or it is another key's",
  "method_not_allowed": "use a method of the Allow header",
  "client_order_id_taken": "orderId is the order you gave this name",
  "not_cancellable": "orderStatus says how far the order is",
  "not_waiting": "orderStatus says how far the order is: it waits for nothing that could be changed",
  "oco_group_done": "name another group: an order of this one was confirmed",
  "not_dead": "only a failed order can be retried, and only once",
  "not_submitted": "orderStatus says how far the order is: it has no transaction that may still land",
  "transaction_known": "wait: the chain knows the transaction, and the order ends by itself",
  "body_too_large": "send 64 KiB at most, and not in thousands of small pieces",
  "unsupported_media_type": "say Content-Type: application/json",
  "invalid_order": "correct the fields in errors",
  "invalid_request": "correct the fields in errors",
  "token_required": "name both tokens",
  "unknown_token": "name a token of GET /api/tokens, or the address of a mint",
  "token_not_tradable": "trade another token; errors says what this one has",
  "unknown_wallet": "name a wallet of this engine, or none",
  "wallet_not_allowed": "name the wallet that the operator has bound you to, or none: you may not use this one",
  "no_venue": "leave at least one venue",
  "exact_out_not_available": "name amount instead of amountOut: no pool of this pair sells exact amounts",
  "spend_limit": "sell less: the order sells more than an order may (SPEND_LIMITS); this request changed nothing",
  "idempotency_key_reused": "use a fresh key for another body",
  "upgrade_required": "connect with a WebSocket",
  "rate_limited": "wait as Retry-After says",
  "too_many_open_orders": "wait until one of your orders ends, or cancel one",
  "too_many_sockets": "close a connection first",
  "internal": "a defect of the engine; it is in its log",
  "store_unavailable": "try again; this request changed nothing",
  "store_full": "try again later; this request changed nothing",
  "busy": "try again a little later: too many lists are being read at once; all other calls work",
  "outcome_unknown": "repeat with the same Idempotency-Key: this request or an earlier one may have been stored",
  "queue_full": "try again later; this request changed nothing",
  "waiting_full": "try again later: WAITING_MAX orders wait for a price",
  "chain_unavailable": "try again",
  "wallet_unavailable": "try again: no worker has told this gateway of your wallet yet; this request changed nothing",
  "trading_disabled": "the operator has not switched trading on; this request changed nothing",
  "stopping": "try again at another gateway"
});
