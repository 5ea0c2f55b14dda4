"""The engine as a process over a throw-away folder, and orders for it, with nothing but the standard library."""

import itertools
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from browser import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_LIMIT = 60.0

MODEST = {"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5"}
# No venue pays that much, so that it fails at once.
HOPELESS = {**MODEST, "minAmountOut": "99999999"}
# A mixture that shows every pair, size and end.
MIXED = [
    MODEST,
    {"tokenIn": "USDC", "tokenOut": "BONK", "amount": "250"},
    {"tokenIn": "JUP", "tokenOut": "SOL", "amount": "1200"},
    {"tokenIn": "SOL", "tokenOut": "USDT", "amount": "12.25"},
    {"tokenIn": "USDC", "tokenOut": "SOL", "amount": "4000", "slippageBps": 20},
    {"tokenIn": "RAY", "tokenOut": "USDC", "amount": "310.5"},
    HOPELESS,
    {"tokenIn": "BONK", "tokenOut": "SOL", "amount": "90000000"},
]


def program():
    """The engine's program: the build that was made last."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    builds = [target / kind / "order-engine" for kind in ("release", "debug")]
    builds = [build for build in builds if build.exists()]
    if not builds:
        raise SystemExit("order-engine is not there; run `cargo build --release` first")
    return max(builds, key=lambda build: build.stat().st_mtime)


class Engine:
    """A running engine; as a context it ends with it."""

    def __init__(self, **variables):
        self.folder = tempfile.TemporaryDirectory(prefix="pictures-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = {"PATH": os.environ["PATH"], "PORT": str(self.port), "DATA_DIR": f"{self.folder.name}/data"}
        self.variables |= {"QUEUE_RATE_LIMIT_PER_MINUTE": "0", **variables}
        self.process = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.folder.cleanup()

    def start(self):
        with open(f"{self.folder.name}/engine.log", "ab") as log:
            self.process = subprocess.Popen([program(), "serve"], env=self.variables, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_LIMIT
        while time.monotonic() < deadline:
            try:
                return self.get("/ready")
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the engine does not become ready")

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return json.load(answer)

    def post(self, path, body):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def submit(self, order):
        return self.post("/api/orders/execute", order)["orderId"]

    def ended(self, order_id):
        """Waits for an order's end; how it ended."""
        while True:
            order = self.get(f"/api/orders/{order_id}")["order"]
            if order["status"] in ("confirmed", "failed", "cancelled", "expired"):
                return order
            time.sleep(0.05)


class Customers:
    """People who hand in mixed orders at a steady pace, for as long as the context lasts."""

    def __init__(self, engine, per_second):
        self.engine = engine
        self.pause = 1 / per_second
        self.gone = threading.Event()
        self.thread = threading.Thread(target=self._order)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.gone.set()
        self.thread.join()

    def _order(self):
        for order in itertools.cycle(MIXED):
            try:
                self.engine.submit(order)
            except OSError:
                pass
            if self.gone.wait(self.pause):
                return
