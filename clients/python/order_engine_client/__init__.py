"""A client of the order engine: submits swaps on Solana once each, and follows them without a gap."""

from . import refusals
from .client import OrderEngine, Submitted
from .errors import Closed, EngineError, InDoubt, Refused, UnexpectedAnswer, Unreachable
from .orders import (
    Amount,
    Change,
    ExactOutOrder,
    LimitOrder,
    MarketOrder,
    NewOrder,
    SniperOrder,
    StopOrder,
    TakeProfitOrder,
    TrailingStopOrder,
)
from .streams import Feed
from .transport import Settings
from .webhooks import Webhook, WebhookError, read_webhook
from .wire import ENDS, FeedEvent, OrderEvent, OrderView, Resync, VERSION as __version__

__all__ = [
    "Amount",
    "Change",
    "Closed",
    "ENDS",
    "EngineError",
    "ExactOutOrder",
    "Feed",
    "FeedEvent",
    "InDoubt",
    "LimitOrder",
    "MarketOrder",
    "NewOrder",
    "OrderEngine",
    "OrderEvent",
    "OrderView",
    "Refused",
    "Resync",
    "Settings",
    "SniperOrder",
    "StopOrder",
    "Submitted",
    "TakeProfitOrder",
    "TrailingStopOrder",
    "UnexpectedAnswer",
    "Unreachable",
    "Webhook",
    "WebhookError",
    "__version__",
    "read_webhook",
    "refusals",
]
