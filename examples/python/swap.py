#!/usr/bin/env python3
"""Hands in one order and follows it to its end. Python 3.9 or newer, nothing to install.

    python3 examples/python/swap.py SOL USDC 1.5
    python3 examples/python/swap.py SOL USDC 1.5 --limit 160
    python3 examples/python/swap.py SOL MINT 0.5 --snipe --min-liquidity 20 --require-renounced

ORDER_ENGINE_URL (http://127.0.0.1:3000) is the engine, API_KEY the key where it wants one.
Ends with 0 only where the order was confirmed.

Two things make it safe to run over a bad network. The order goes out under one Idempotency-Key, so
that sending it again never makes a second order: where it ends without knowing whether one was made, it
names that key, and IDEMPOTENCY_KEY takes it in the next run. The events are counted by `seq`, so that
after a cut they go on behind the last one seen.
"""

import argparse
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
import uuid

BASE = os.environ.get("ORDER_ENGINE_URL", "http://127.0.0.1:3000").rstrip("/")
KEY = {"Authorization": f"Bearer {os.environ['API_KEY']}"} if os.environ.get("API_KEY") else {}
TERMINAL = {"confirmed", "failed", "cancelled", "expired"}

# How often in a row something is tried before giving up, and the waits between.
TRIES_MAX = 8
FIRST_WAIT = 0.25
LONGEST_WAIT = 5.0
# An answer that takes longer will not come. On a stream the engine sends a comment every 15 s.
ANSWER_LIMIT = 20
SILENCE_LIMIT = 45

# What a network does to a connection, at any moment of its life.
LOST = (OSError, http.client.HTTPException)


class Refused(Exception):
    """The engine says no."""

    def __init__(self, answer: urllib.error.HTTPError):
        try:
            problem = json.load(answer)
        except (ValueError, *LOST):
            problem = {}
        code, detail = problem.get("code", ""), problem.get("detail", "no reason")
        super().__init__(f"refused with {answer.code} {code}: {detail}")
        self.may_change = answer.code == 429 or answer.code >= 500
        # Whether it says for good that no order comes of this key; 401 or 404 say nothing of earlier tries.
        self.is_of_the_order = answer.code in (409, 422)
        self.may_be_stored = answer.code >= 500
        self.asked_wait = float(answer.headers.get("Retry-After") or 0)


class InDoubt(Exception):
    """The order may have been made, and nobody says so."""

    def __init__(self, key, heard):
        super().__init__(
            f"the order may have been made ({heard}); to find out without making a second one,"
            f" run this again with IDEMPOTENCY_KEY={key}"
        )


def pause(tries, asked=0.0):
    """Waits before the next try: longer each time, spread at random, as long as is asked for at least."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2**tries)
    time.sleep(asked + random.uniform(longest / 2, longest))


def open_call(path, headers, body=None, timeout=ANSWER_LIMIT):
    request = urllib.request.Request(BASE + path, data=body, headers={**KEY, **headers})
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as answer:
        raise Refused(answer) from None


def submit(order):
    """Hands the order in: one key for all tries, so that at most one order comes of them."""
    given = os.environ.get("IDEMPOTENCY_KEY")
    key = given or str(uuid.uuid4())
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    # From the first try of which nothing is known: only an accepted order or a refusal of it ends that.
    in_doubt = given is not None
    for tries in range(TRIES_MAX):
        may_change, asked_wait = True, 0.0
        try:
            with open_call("/api/orders/execute", headers, json.dumps(order).encode()) as answer:
                return json.load(answer)
        except Refused as refused:
            if refused.is_of_the_order:
                raise
            failure, may_change, asked_wait = refused, refused.may_change, refused.asked_wait
            in_doubt = in_doubt or refused.may_be_stored
        except (ValueError, *LOST) as lost:
            failure, in_doubt = lost, True
        if not may_change or tries + 1 == TRIES_MAX:
            raise InDoubt(key, failure) if in_doubt else failure
        pause(tries, asked_wait)


def follow(order_id):
    """Each event of the order once and in order, its last one included, across lost connections."""
    since, failures = -1, 0
    while failures < TRIES_MAX:
        try:
            for event in stream(order_id, since):
                since, failures = event["seq"], 0
                yield event
                if event["status"] in TERMINAL:
                    return
        except Refused as refused:
            if not refused.may_change:
                raise
        except LOST:
            pass
        pause(failures)
        failures += 1
    raise ConnectionError(f"order {order_id} goes on, but the connection is lost again and again")


def stream(order_id, since):
    """The events of one connection, for as long as it lasts."""
    after = f"?since={since}" if since >= 0 else ""
    headers = {"Accept": "text/event-stream"}
    with open_call(f"/api/orders/{order_id}/events{after}", headers, timeout=SILENCE_LIMIT) as lines:
        for line in lines:
            # A line without its end is one that was cut off.
            if line.startswith(b"data: ") and line.endswith(b"\n"):
                yield json.loads(line[len(b"data: "):])


def condition(wanted):
    """What the order waits for; without any of this the swap is made at once."""
    if wanted.limit:
        return {"orderType": "limit", "limitPrice": wanted.limit}
    if wanted.stop:
        return {"orderType": "stop", "triggerPrice": wanted.stop}
    if wanted.take_profit:
        return {"orderType": "take_profit", "triggerPrice": wanted.take_profit}
    if wanted.trail is not None:
        return {"orderType": "trailing_stop", "trailBps": wanted.trail}
    return sniper(wanted) if wanted.snipe else {}


def sniper(gates):
    """A sniper waits for a pool that passes these gates."""
    order = {"orderType": "sniper", "slippageBps": 500}
    if gates.min_liquidity:
        order["minLiquidity"] = gates.min_liquidity
    if gates.max_fee_bps is not None:
        order["maxFeeBps"] = gates.max_fee_bps
    if gates.require_renounced:
        order["requireRenounced"] = True
    return order


def arguments():
    parser = argparse.ArgumentParser(description="Hands in one order and follows it to its end.")
    parser.add_argument("token_in")
    parser.add_argument("token_out")
    parser.add_argument("amount")
    waits_for = parser.add_mutually_exclusive_group()
    waits_for.add_argument("--limit", metavar="PRICE")
    waits_for.add_argument("--stop", metavar="PRICE")
    waits_for.add_argument("--take-profit", metavar="PRICE")
    waits_for.add_argument("--trail", metavar="BPS", type=int)
    waits_for.add_argument("--snipe", action="store_true")
    parser.add_argument("--min-liquidity")
    parser.add_argument("--max-fee-bps", type=int)
    parser.add_argument("--require-renounced", action="store_true")
    return parser.parse_args()


def main(given):
    token_in, token_out, amount = given.token_in, given.token_out, given.amount
    order = {"tokenIn": token_in, "tokenOut": token_out, "amount": amount, **condition(given)}
    order_id = submit(order)["orderId"]
    print(f"order {order_id}", flush=True)
    for event in follow(order_id):
        via = f" {event['dex']}" if "dex" in event else ""
        print(f"{event['seq']} {event['status']}{via}", flush=True)
    if event["status"] != "confirmed":
        print(f"not executed: {event.get('error') or event.get('reason')}")
        return 1
    print(
        f"{amount} {token_in} -> {event['amountOut']} {token_out}"
        f" on {event['dex']}, transaction {event['txHash']}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(arguments()))
    except (Refused, InDoubt, *LOST) as error:
        sys.exit(f"{error}")
