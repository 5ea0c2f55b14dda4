"""What the types take, and what they must not. Read by mypy, which complains of an `ignore` that is not needed; it is
never run."""

from decimal import Decimal
from typing import List, Optional

from order_engine_client import ENDS, NewOrder, OrderEngine, OrderEvent, refusals

engine = OrderEngine(["http://127.0.0.1:3000", "http://127.0.0.1:3001"], api_key="key", tries=4)

orders: List[NewOrder] = [
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amountOut": Decimal("150"), "maxAmountIn": "1.2"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "limit", "limitPrice": "160"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "stop", "triggerPrice": "120", "ocoGroup": "x"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "take_profit", "triggerPrice": "180"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "trailing_stop", "trailBps": 500},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "sniper", "requireRenounced": True},
]


def what_is_taken() -> Optional[str]:
    submitted = engine.submit(orders[0])
    for event in engine.follow(submitted["orderId"]):
        amount = amount_of(event)
        if amount is not None:
            return amount
    for message in engine.stream(statuses=["confirmed"]):
        if message.get("type") != "resync":
            break
    try:
        engine.change(submitted["orderId"], {"limitPrice": "165"})
    except refusals.NotWaiting as error:
        return error.order_status
    receipt = engine.order_by_client_id(submitted["clientOrderId"])["receipt"]
    return None if receipt is None else str(receipt["feeLamports"])


def amount_of(event: OrderEvent) -> Optional[str]:
    if event["status"] == "confirmed":
        return event["amountOut"]
    return event["reason"] if event["status"] == "expired" else None


def what_is_not() -> None:
    # A float may have lost digits.
    engine.submit({"tokenIn": "SOL", "tokenOut": "USDC", "amount": 1.5})  # type: ignore[typeddict-item]
    engine.change("id", {"limitPrice": 165.5})  # type: ignore[typeddict-item]
    engine.quotes("SOL", "USDC", amount=1.5)  # type: ignore[arg-type]
    # An order sells or buys something.
    engine.submit({"tokenIn": "SOL", "tokenOut": "USDC"})  # type: ignore[arg-type]
    # There is no such status.
    engine.stream(statuses=["done"])  # type: ignore[list-item]
    print(ENDS)
