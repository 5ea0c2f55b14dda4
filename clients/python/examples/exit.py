#!/usr/bin/env python3
"""Protects a holding: a stop and a take-profit of which at most one sells, and what became of both.

    python3 examples/exit.py SOL USDC 1.5 --stop 120 --take-profit 180

It follows all orders on one stream, and reads the list again where the engine says that events may be missing.
"""

import argparse
import os
import uuid

from order_engine_client import ENDS, OrderEngine


def arguments():
    parser = argparse.ArgumentParser(description="A stop and a take-profit of which at most one sells.")
    parser.add_argument("token_in")
    parser.add_argument("token_out")
    parser.add_argument("amount")
    parser.add_argument("--stop", metavar="PRICE", required=True)
    parser.add_argument("--take-profit", metavar="PRICE", required=True)
    return parser.parse_args()


def main(given):
    urls = os.environ.get("ORDER_ENGINE_URL", "http://127.0.0.1:3000").split(",")
    group = f"exit-{uuid.uuid4()}"
    sell = {"tokenIn": given.token_in, "tokenOut": given.token_out, "amount": given.amount, "ocoGroup": group}
    # The stream stands before the orders do, so that it has all of their events.
    with OrderEngine(urls, api_key=os.environ.get("API_KEY") or None) as engine, engine.stream() as feed:
        orders = [
            engine.submit({**sell, "orderType": "stop", "triggerPrice": given.stop}),
            engine.submit({**sell, "orderType": "take_profit", "triggerPrice": given.take_profit}),
        ]
        waiting = [order["orderId"] for order in orders]
        print(f"waiting: {' '.join(waiting)}", flush=True)
        while waiting:
            message = next(feed)
            is_gap = message.get("type") == "resync"
            for seen in engine.orders(oco_group=group) if is_gap else [message]:
                if seen["status"] in ENDS and seen["orderId"] in waiting:
                    waiting.remove(seen["orderId"])
                    print(f"{seen['orderId']} {seen['status']}", flush=True)


if __name__ == "__main__":
    main(arguments())
