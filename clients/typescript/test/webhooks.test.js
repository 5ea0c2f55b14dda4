import assert from "node:assert/strict";
import test from "node:test";

import { WebhookError, readWebhook } from "../src/index.js";

// The convention's own example.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY = '{"test": 2432232314}';
const AT = 1614265330;
const HEADERS = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": String(AT),
  "webhook-signature": "v1,c29tZXRoaW5nIGVsc2U= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

/** @param {number} second */
const at = (second) => ({ now: new Date(second * 1_000) });

test("one that the secret has signed is read", () => {
  for (const headers of [HEADERS, new Headers(HEADERS)]) {
    const { id, webhook } = readWebhook(["whsec_AAAA", SECRET], headers, Buffer.from(BODY), at(AT + 300));

    assert.equal(id, HEADERS["webhook-id"]);
    assert.deepEqual(webhook, JSON.parse(BODY));
  }
});

test("any other is not", () => {
  /** @type {[string, Record<string, string>, string, number][]} */
  const wrong = [
    ["whsec_AAAA", HEADERS, BODY, AT],
    [SECRET, HEADERS, `${BODY} `, AT],
    [SECRET, HEADERS, BODY, AT + 301],
    [SECRET, HEADERS, BODY, AT - 301],
    [SECRET, { ...HEADERS, "webhook-id": "another" }, BODY, AT],
    [SECRET, { ...HEADERS, "webhook-timestamp": String(AT + 1) }, BODY, AT],
    [SECRET, { ...HEADERS, "webhook-timestamp": "soon" }, BODY, AT],
    [SECRET, { ...HEADERS, "webhook-signature": "" }, BODY, AT],
    [SECRET, {}, BODY, AT],
  ];
  for (const [secret, headers, body, second] of wrong) {
    assert.throws(() => readWebhook(secret, headers, body, at(second)), WebhookError);
  }
});

test("a secret that is none is told at once", () => {
  for (const secret of ["", "whsec_", "MfKQ9r8G"]) {
    assert.throws(() => readWebhook(secret, HEADERS, BODY, at(AT)), TypeError);
  }
});
