"""An exception for each refusal of the API. Made by scripts/client-types from docs/openapi.json and
docs/API.md. Not for editing."""

from typing import Dict, Type

from .errors import Refused


class MalformedJson(Refused):
    code = "malformed_json"
    advice = "send JSON in UTF-8"


class InvalidParameter(Refused):
    code = "invalid_parameter"
    advice = "correct the named query or path parameter"


class InvalidHeader(Refused):
    code = "invalid_header"
    advice = "correct the named header"


class BodyIncomplete(Refused):
    code = "body_incomplete"
    advice = "send the whole body, within ten seconds"


class BadMessage(Refused):
    code = "bad_message"
    advice = "on a socket: send an order first, then only pings"


class Unauthorized(Refused):
    code = "unauthorized"
    advice = "show a valid key or token"


class Forbidden(Refused):
    code = "forbidden"
    advice = "this key or caller may not do this"


class NotFound(Refused):
    code = "not_found"
    advice = "there is nothing at this path"


class OrderNotFound(Refused):
    code = "order_not_found"
    advice = "there is no such order, or it is another key's"


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    advice = "use a method of the Allow header"


class ClientOrderIdTaken(Refused):
    code = "client_order_id_taken"
    advice = "orderId is the order you gave this name"


class NotCancellable(Refused):
    code = "not_cancellable"
    advice = "orderStatus says how far the order is"


class NotWaiting(Refused):
    code = "not_waiting"
    advice = "orderStatus says how far the order is: it waits for nothing that could be changed"


class OcoGroupDone(Refused):
    code = "oco_group_done"
    advice = "name another group: an order of this one was confirmed"


class NotDead(Refused):
    code = "not_dead"
    advice = "only a failed order can be retried, and only once"


class NotSubmitted(Refused):
    code = "not_submitted"
    advice = "orderStatus says how far the order is: it has no transaction that may still land"


class TransactionKnown(Refused):
    code = "transaction_known"
    advice = "wait: the chain knows the transaction, and the order ends by itself"


class BodyTooLarge(Refused):
    code = "body_too_large"
    advice = "send 64 KiB at most, and not in thousands of small pieces"


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"
    advice = "say Content-Type: application/json"


class InvalidOrder(Refused):
    code = "invalid_order"
    advice = "correct the fields in errors"


class InvalidRequest(Refused):
    code = "invalid_request"
    advice = "correct the fields in errors"


class TokenRequired(Refused):
    code = "token_required"
    advice = "name both tokens"


class UnknownToken(Refused):
    code = "unknown_token"
    advice = "name a token of GET /api/tokens, or the address of a mint"


class TokenNotTradable(Refused):
    code = "token_not_tradable"
    advice = "trade another token; errors says what this one has"


class UnknownWallet(Refused):
    code = "unknown_wallet"
    advice = "name a wallet of this engine, or none"


class WalletNotAllowed(Refused):
    code = "wallet_not_allowed"
    advice = "name the wallet that the operator has bound you to, or none: you may not use this one"


class NoVenue(Refused):
    code = "no_venue"
    advice = "leave at least one venue"


class ExactOutNotAvailable(Refused):
    code = "exact_out_not_available"
    advice = "name amount instead of amountOut: no pool of this pair sells exact amounts"


class SpendLimit(Refused):
    code = "spend_limit"
    advice = "sell less: the order sells more than an order may (SPEND_LIMITS); this request changed nothing"


class IdempotencyKeyReused(Refused):
    code = "idempotency_key_reused"
    advice = "use a fresh key for another body"


class UpgradeRequired(Refused):
    code = "upgrade_required"
    advice = "connect with a WebSocket"


class RateLimited(Refused):
    code = "rate_limited"
    advice = "wait as Retry-After says"


class TooManyOpenOrders(Refused):
    code = "too_many_open_orders"
    advice = "wait until one of your orders ends, or cancel one"


class TooManySockets(Refused):
    code = "too_many_sockets"
    advice = "close a connection first"


class Internal(Refused):
    code = "internal"
    advice = "a defect of the engine; it is in its log"


class StoreUnavailable(Refused):
    code = "store_unavailable"
    advice = "try again; this request changed nothing"


class StoreFull(Refused):
    code = "store_full"
    advice = "try again later; this request changed nothing"


class Busy(Refused):
    code = "busy"
    advice = "try again a little later: too many lists are being read at once; all other calls work"


class OutcomeUnknown(Refused):
    code = "outcome_unknown"
    advice = "repeat with the same Idempotency-Key: this request or an earlier one may have been stored"


class QueueFull(Refused):
    code = "queue_full"
    advice = "try again later; this request changed nothing"


class WaitingFull(Refused):
    code = "waiting_full"
    advice = "try again later: WAITING_MAX orders wait for a price"


class ChainUnavailable(Refused):
    code = "chain_unavailable"
    advice = "try again"


class WalletUnavailable(Refused):
    code = "wallet_unavailable"
    advice = "try again: no worker has told this gateway of your wallet yet; this request changed nothing"


class TradingDisabled(Refused):
    code = "trading_disabled"
    advice = "the operator has not switched trading on; this request changed nothing"


class Stopping(Refused):
    code = "stopping"
    advice = "try again at another gateway"


BY_CODE: Dict[str, Type[Refused]] = {
    "malformed_json": MalformedJson,
    "invalid_parameter": InvalidParameter,
    "invalid_header": InvalidHeader,
    "body_incomplete": BodyIncomplete,
    "bad_message": BadMessage,
    "unauthorized": Unauthorized,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "order_not_found": OrderNotFound,
    "method_not_allowed": MethodNotAllowed,
    "client_order_id_taken": ClientOrderIdTaken,
    "not_cancellable": NotCancellable,
    "not_waiting": NotWaiting,
    "oco_group_done": OcoGroupDone,
    "not_dead": NotDead,
    "not_submitted": NotSubmitted,
    "transaction_known": TransactionKnown,
    "body_too_large": BodyTooLarge,
    "unsupported_media_type": UnsupportedMediaType,
    "invalid_order": InvalidOrder,
    "invalid_request": InvalidRequest,
    "token_required": TokenRequired,
    "unknown_token": UnknownToken,
    "token_not_tradable": TokenNotTradable,
    "unknown_wallet": UnknownWallet,
    "wallet_not_allowed": WalletNotAllowed,
    "no_venue": NoVenue,
    "exact_out_not_available": ExactOutNotAvailable,
    "spend_limit": SpendLimit,
    "idempotency_key_reused": IdempotencyKeyReused,
    "upgrade_required": UpgradeRequired,
    "rate_limited": RateLimited,
    "too_many_open_orders": TooManyOpenOrders,
    "too_many_sockets": TooManySockets,
    "internal": Internal,
    "store_unavailable": StoreUnavailable,
    "store_full": StoreFull,
    "busy": Busy,
    "outcome_unknown": OutcomeUnknown,
    "queue_full": QueueFull,
    "waiting_full": WaitingFull,
    "chain_unavailable": ChainUnavailable,
    "wallet_unavailable": WalletUnavailable,
    "trading_disabled": TradingDisabled,
    "stopping": Stopping,
}
