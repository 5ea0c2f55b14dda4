"""The orders that can be submitted, each type with the fields that it takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, List, Literal, Mapping, TypedDict, Union

from .wire import DECIMAL_FIELDS, FeeLevelName, TriggerName, VenueName

# Digits are taken as written: text, or a Decimal, and never a float.
Amount = Union[str, Decimal]


class _Pair(TypedDict):
    # Symbol (any case) or mint address.
    tokenIn: str
    tokenOut: str


class _Common(_Pair, total=False):
    """What every order may have."""

    slippageBps: int
    feeLevel: FeeLevelName
    maxPriceImpactBps: int
    # Your own name for the order, unique for ever.
    clientOrderId: str
    validForSeconds: int
    wallet: str
    venues: List[VenueName]
    excludeVenues: List[VenueName]


class _Amount(TypedDict):
    amount: Amount


class _Sell(_Common, _Amount, total=False):
    minAmountOut: Amount


class MarketOrder(_Sell, total=False):
    """Sells `amount` now."""

    orderType: Literal["market"]


class _AmountOut(TypedDict):
    amountOut: Amount


class ExactOutOrder(_Common, _AmountOut, total=False):
    """Buys `amountOut` now, to the unit, for `maxAmountIn` at most."""

    orderType: Literal["market"]
    maxAmountIn: Amount


class _Waiting(_Sell, total=False):
    # A group of which one at most executes.
    ocoGroup: str


class LimitOrder(_Waiting):
    """Sells at `limitPrice` or better, once somebody pays it."""

    orderType: Literal["limit"]
    limitPrice: Amount


class StopOrder(_Waiting):
    """Sells once the price has fallen to `triggerPrice`."""

    orderType: Literal["stop"]
    triggerPrice: Amount


class TakeProfitOrder(_Waiting):
    """Sells once the price has risen to `triggerPrice`."""

    orderType: Literal["take_profit"]
    triggerPrice: Amount


class _Trailing(_Waiting):
    orderType: Literal["trailing_stop"]
    trailBps: int


class TrailingStopOrder(_Trailing, total=False):
    """Sells once the price has fallen by `trailBps` from its highest."""

    activationPrice: Amount


class _Sniper(_Waiting):
    orderType: Literal["sniper"]


class SniperOrder(_Sniper, total=False):
    """Buys from the first pool that passes the gates."""

    triggerCondition: TriggerName
    triggerValue: Amount
    minLiquidity: Amount
    maxFeeBps: int
    requireRenounced: bool


NewOrder = Union[
    MarketOrder, ExactOutOrder, LimitOrder, StopOrder, TakeProfitOrder, TrailingStopOrder, SniperOrder
]


class Change(TypedDict, total=False):
    """What to change of an order that waits. What is absent stays as it is."""

    limitPrice: Amount
    triggerPrice: Amount
    trailBps: int
    activationPrice: Amount
    triggerValue: Amount
    minLiquidity: Amount
    maxFeeBps: int
    requireRenounced: bool
    minAmountOut: Amount
    validForSeconds: int


def with_exact_decimals(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """A copy whose decimal fields are text; a float, or a whole number, which may count base units, is a mistake."""
    copy = dict(fields)
    for name in DECIMAL_FIELDS:
        value = copy.get(name)
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise ValueError(f"{name} must be a finite number, and not {value}")
            copy[name] = format(value, "f")
        elif name in copy and not isinstance(value, str):
            raise TypeError(
                f'{name} must be a string such as "1.5" or a Decimal, and not {type(value).__name__},'
                " which may have lost digits"
            )
    return copy
