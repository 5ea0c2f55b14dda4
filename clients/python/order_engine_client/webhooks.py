"""Webhooks (docs/WEBHOOKS.md): whether the engine has signed one, and what it tells."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Mapping, NamedTuple, Optional, Sequence, Union, cast

from .wire import WebhookView

# An older message may be one that somebody recorded.
TOLERANCE_SECONDS = 300


class WebhookError(Exception):
    """A webhook that is not to be believed: answer it with 401."""


class Webhook(NamedTuple):
    # The same for every delivery of it: remember it, and do what it causes once.
    id: str
    told: WebhookView


def read_webhook(
    secrets: Union[str, Sequence[str]],
    headers: Mapping[str, str],
    body: bytes,
    tolerance_seconds: int = TOLERANCE_SECONDS,
    now: Optional[float] = None,
) -> Webhook:
    """What a webhook tells, if one of the secrets has signed it a short time ago; else raises `WebhookError`.

    `secrets` is the engine's `WEBHOOK_SECRET`, several while it is exchanged; `body` the bytes as they came: parsed and
    printed again they have another signature. Names of headers may be written in any case.
    """
    keys = [_key_of(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    named = {name.lower(): value for name, value in headers.items()}
    webhook_id, second = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not webhook_id or not (second.isascii() and second.isdigit() and len(second) <= 15):
        raise WebhookError("it names no id and no time")
    if abs((time.time() if now is None else now) - int(second)) > tolerance_seconds:
        raise WebhookError(f"it was signed more than {tolerance_seconds} s ago, or this clock is wrong")
    signed = f"{webhook_id}.{second}.".encode() + body
    given = named.get("webhook-signature", "").encode().split()
    if not any(_is_that(key, signed, signature) for key in keys for signature in given):
        raise WebhookError("its signature is not that of the secret")
    return Webhook(webhook_id, cast(WebhookView, json.loads(body)))


def _is_that(key: bytes, signed: bytes, signature: bytes) -> bool:
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature)


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret[len("whsec_") :], validate=True) if secret.startswith("whsec_") else b""
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("the secret of webhooks is whsec_ and base64")
    return key
