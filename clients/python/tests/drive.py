"""Submits an order of each type over a network that loses answers and cuts streams, follows each to its end, and
prints what it saw for crates/order-engine/tests/it/clients.rs, which compares it with what the engine has stored."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from order_engine_client import ENDS, OrderEngine, Refused

PAIR = {"tokenIn": "SOL", "tokenOut": "USDC"}
SELL = {**PAIR, "amount": Decimal("0.1")}
NEVER = "100000"

ORDERS = {
    "market": {**SELL, "clientOrderId": "drive market", "slippageBps": 500},
    "exactOut": {**PAIR, "amountOut": "10", "maxAmountIn": "1"},
    "limit": {**SELL, "orderType": "limit", "limitPrice": "1"},
    "stop": {**SELL, "orderType": "stop", "triggerPrice": NEVER, "slippageBps": 500},
    "takeProfit": {**SELL, "orderType": "take_profit", "triggerPrice": "1", "slippageBps": 500},
    "trailing": {**SELL, "orderType": "trailing_stop", "trailBps": 500, "activationPrice": NEVER},
    "ocoFires": {**SELL, "orderType": "stop", "triggerPrice": NEVER, "ocoGroup": "drive", "slippageBps": 500},
    "ocoEnds": {**SELL, "orderType": "take_profit", "triggerPrice": NEVER, "ocoGroup": "drive"},
    "sniper": {**SELL, "orderType": "sniper", "minLiquidity": "1", "slippageBps": 500},
}

API_KEY = os.environ.get("API_KEY") or None
engine = OrderEngine(os.environ["ORDER_ENGINE_URL"].split(","), API_KEY, first_wait=0.02, longest_wait=0.2)


def follow(order_id):
    seen = list(engine.follow(order_id))
    return {"orderId": order_id, "status": seen[-1]["status"], "seqs": [event["seq"] for event in seen]}


def watch(feed, ids):
    ends = {}
    for message in feed:
        is_gap = message.get("type") == "resync"
        for seen in engine.orders() if is_gap else [message]:
            # An event may come late.
            if ends.get(seen["orderId"]) not in ENDS:
                ends[seen["orderId"]] = seen["status"]
        if all(ends.get(order_id) in ENDS for order_id in ids):
            return ends


def refused():
    try:
        return engine.submit({**PAIR, "amount": "0"})["orderId"]
    except Refused as error:
        return error.code


def main():
    with engine.stream() as feed, ThreadPoolExecutor(max_workers=16) as threads:
        ids = {name: engine.submit(order)["orderId"] for name, order in ORDERS.items()}
        changed = engine.change(ids["trailing"], {"trailBps": 300})
        cancelled = engine.cancel(ids["trailing"])
        watching = threads.submit(watch, feed, list(ids.values()))
        told = {name: threads.submit(follow, order_id) for name, order_id in ids.items()}
        told = {name: following.result() for name, following in told.items()}
        ends = watching.result()
    named = engine.order_by_client_id("drive market")
    return {
        "told": told,
        "feed": ends,
        "listed": [order["orderId"] for order in engine.orders(limit=2)],
        "changed": changed["trailBps"],
        "cancelled": cancelled["status"],
        "quotes": engine.quotes("SOL", "USDC", amount_out="10")["route"] is not None,
        "dryRun": engine.dry_run(ORDERS["limit"])["best"] is not None,
        "pools": len(engine.pools("SOL", "USDC")["pools"]) > 0,
        "tokens": len(engine.tokens()) > 0,
        "wallet": None if API_KEY else engine.wallet()["mode"],
        "named": named["orderId"],
        "stats": engine.stats()["success"],
        "execution": engine.execution_stats(5)["success"],
        "events": [event["seq"] for event in engine.events(named["orderId"], since=0)],
        "transaction": engine.transaction(named["orderId"])["signature"] == named["txHash"],
        "refused": refused(),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
