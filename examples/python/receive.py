"""Receives webhooks of the order engine, takes those that the engine has signed, and prints each once.

    WEBHOOK_SECRET=whsec_… PORT=8080 python3 receive.py

Needs Python 3.9 or newer and no package.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

# An older message may be one that somebody recorded.
TOLERANCE_SECONDS = 300
BODY_BYTES_MAX = 1 << 20
# Of so many webhooks it is remembered that they were here.
KNOWN_MAX = 10_000


def is_genuine(key, headers, body):
    """Whether one of the signatures is that of these bytes, made by our key a short time ago."""
    webhook_id, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not (second.isascii() and second.isdigit()):
        return False
    if abs(time.time() - int(second)) > TOLERANCE_SECONDS:
        return False
    signed = f"{webhook_id}.{second}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    expected = b"v1," + digest
    # Several while a secret is exchanged, with spaces between.
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(expected, signature) for signature in given)


class Receiver(BaseHTTPRequestHandler):
    key = b""
    known = OrderedDict()
    lock = Lock()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            return self.answer(400)
        # The bytes as they came: a body that was parsed and printed again has another signature.
        body = self.rfile.read(int(length))
        if not is_genuine(self.key, self.headers, body):
            return self.answer(401)
        try:
            told = json.loads(body)
            order = told["data"]["order"]
            line = f"{told['type']} {self.headers['webhook-id']} {order['tokenIn']} -> {order['tokenOut']}"
        except (ValueError, LookupError, TypeError):
            return self.answer(400)
        self.take(self.headers["webhook-id"], line)
        # Only now: whatever is no success comes again.
        self.answer(204)

    def take(self, webhook_id, line):
        # The same webhook may come again: what it causes must happen once.
        with self.lock:
            if webhook_id in self.known:
                return
            print(line, flush=True)
            self.known[webhook_id] = True
            if len(self.known) > KNOWN_MAX:
                self.known.popitem(last=False)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if not secret.startswith("whsec_"):
        print("set WEBHOOK_SECRET to the engine's: whsec_ and base64", file=sys.stderr)
        return 2
    Receiver.key = base64.b64decode(secret[len("whsec_") :])
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
