import json
import unittest

from order_engine_client import WebhookError, read_webhook

# The convention's own example.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
AT = 1614265330
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,c29tZXRoaW5nIGVsc2U= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


class Webhooks(unittest.TestCase):
    def test_one_that_the_secret_has_signed_is_read(self):
        for secrets in (SECRET, ["whsec_AAAA", SECRET]):
            webhook = read_webhook(secrets, HEADERS, BODY, now=AT + 300)

            self.assertEqual(webhook, (HEADERS["Webhook-Id"], json.loads(BODY)))

    def test_any_other_is_not(self):
        wrong = [
            ("whsec_AAAA", HEADERS, BODY, AT),
            (SECRET, HEADERS, BODY + b" ", AT),
            (SECRET, HEADERS, BODY, AT + 301),
            (SECRET, HEADERS, BODY, AT - 301),
            (SECRET, {**HEADERS, "Webhook-Id": "another"}, BODY, AT),
            (SECRET, {**HEADERS, "webhook-timestamp": str(AT + 1)}, BODY, AT),
            (SECRET, {**HEADERS, "webhook-timestamp": "soon"}, BODY, AT),
            (SECRET, {**HEADERS, "webhook-signature": ""}, BODY, AT),
            (SECRET, {}, BODY, AT),
        ]
        for secret, headers, body, now in wrong:
            with self.assertRaises(WebhookError):
                read_webhook(secret, headers, body, now=now)

    def test_a_secret_that_is_none_is_told_at_once(self):
        for secret in ("", "whsec_", "MfKQ9r8G", "whsec_!"):
            with self.assertRaises(ValueError):
                read_webhook(secret, HEADERS, BODY, now=AT)
