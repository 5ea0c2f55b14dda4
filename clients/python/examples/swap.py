#!/usr/bin/env python3
"""Hands in one order and follows it to its end.

    python3 examples/swap.py SOL USDC 1.5
    python3 examples/swap.py SOL USDC 1.5 --limit 160

ORDER_ENGINE_URL (http://127.0.0.1:3000) is the engine, or several gateways of it with commas between; API_KEY the key
where it wants one; CLIENT_ORDER_ID the order's name, where an earlier run has ended in doubt of it.
Ends with 0 only where the order was confirmed.
"""

import argparse
import os
import sys

from order_engine_client import EngineError, InDoubt, OrderEngine


def arguments():
    parser = argparse.ArgumentParser(description="Hands in one order and follows it to its end.")
    parser.add_argument("token_in")
    parser.add_argument("token_out")
    parser.add_argument("amount")
    parser.add_argument("--limit", metavar="PRICE")
    return parser.parse_args()


def main(given):
    urls = os.environ.get("ORDER_ENGINE_URL", "http://127.0.0.1:3000").split(",")
    order = {"tokenIn": given.token_in, "tokenOut": given.token_out, "amount": given.amount}
    if given.limit:
        order.update(orderType="limit", limitPrice=given.limit)
    if os.environ.get("CLIENT_ORDER_ID"):
        order["clientOrderId"] = os.environ["CLIENT_ORDER_ID"]
    with OrderEngine(urls, api_key=os.environ.get("API_KEY") or None) as engine:
        order_id = engine.submit(order)["orderId"]
        print(f"order {order_id}", flush=True)
        for event in engine.follow(order_id):
            via = f" {event['dex']}" if "dex" in event else ""
            print(f"{event['seq']} {event['status']}{via}", flush=True)
    if event["status"] != "confirmed":
        print(f"not executed: {event.get('error') or event.get('reason')}")
        return 1
    print(
        f"{given.amount} {given.token_in} -> {event['amountOut']} {given.token_out}"
        f" on {event['dex']}, transaction {event['txHash']}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(arguments()))
    except InDoubt as doubt:
        sys.exit(f"{doubt}\nrun this again with CLIENT_ORDER_ID={doubt.client_order_id}")
    except EngineError as error:
        sys.exit(f"{error}")
