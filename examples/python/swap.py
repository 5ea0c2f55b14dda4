#!/usr/bin/env python3
"""Hands in one order and follows it to its end. Python 3.9 or newer, nothing to install.

    python3 examples/python/swap.py SOL USDC 1.5

ORDER_ENGINE_URL (http://127.0.0.1:3000) is the engine, API_KEY the key where it wants one.
Ends with 0 only where the order was confirmed.

Two things make it safe to run over a bad network. The order goes out under one Idempotency-Key, so
that sending it again never makes a second order. The events are counted by `seq`, so that after a cut
they go on behind the last one seen.
"""

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
        self.asked_wait = float(answer.headers.get("Retry-After") or 0)


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
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    for tries in range(TRIES_MAX):
        try:
            with open_call("/api/orders/execute", headers, json.dumps(order).encode()) as answer:
                return json.load(answer)
        except Refused as refused:
            if not refused.may_change or tries + 1 == TRIES_MAX:
                raise
            pause(tries, refused.asked_wait)
        except LOST:
            if tries + 1 == TRIES_MAX:
                raise
            pause(tries)


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


def main(token_in, token_out, amount):
    order_id = submit({"tokenIn": token_in, "tokenOut": token_out, "amount": amount})["orderId"]
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
    if len(sys.argv) != 4:
        sys.exit("usage: swap.py TOKEN_IN TOKEN_OUT AMOUNT")
    try:
        sys.exit(main(*sys.argv[1:]))
    except (Refused, *LOST) as error:
        sys.exit(f"{error}")
