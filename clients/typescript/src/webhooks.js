// Webhooks (docs/WEBHOOKS.md): whether the engine has signed one, and what it tells.

import { createHmac, timingSafeEqual } from "node:crypto";

/** @typedef {import("./wire.js").WebhookView} WebhookView */

/** An older message may be one that somebody recorded. */
const TOLERANCE_SECONDS = 300;

/** A webhook that is not to be believed: answer it with 401. */
export class WebhookError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "WebhookError";
  }
}

/**
 * What a webhook tells, if one of the secrets has signed it a short time ago; else throws a {@link WebhookError}.
 * The same webhook may come again: remember its `id`, and do what it causes once.
 *
 * @param {string | readonly string[]} secrets The engine's `WEBHOOK_SECRET`; several while it is exchanged.
 * @param {Headers | Record<string, string | string[] | undefined>} headers Of the request.
 * @param {Uint8Array | string} body The bytes as they came: parsed and printed again they have another signature.
 * @param {{ toleranceSeconds?: number, now?: Date }} [options]
 * @returns {{ id: string, webhook: WebhookView }}
 */
export function readWebhook(secrets, headers, body, { toleranceSeconds = TOLERANCE_SECONDS, now = new Date() } = {}) {
  const keys = (typeof secrets === "string" ? [secrets] : secrets).map(keyOf);
  const id = header(headers, "webhook-id");
  const second = header(headers, "webhook-timestamp");
  if (!id || !/^\d{1,15}$/.test(second)) throw new WebhookError("it names no id and no time");
  if (Math.abs(now.getTime() / 1_000 - Number(second)) > toleranceSeconds) {
    throw new WebhookError(`it was signed more than ${toleranceSeconds} s ago, or this clock is wrong`);
  }
  const given = header(headers, "webhook-signature").split(" ");
  const isGenuine = keys.some((key) => {
    const expected = createHmac("sha256", key).update(`${id}.${second}.`).update(body).digest();
    return given.some((signature) => isThat(expected, signature));
  });
  if (!isGenuine) throw new WebhookError("its signature is not that of the secret");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  return { id, webhook: JSON.parse(text) };
}

/** @param {string} secret */
function keyOf(secret) {
  const text = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : "";
  const key = Buffer.from(text, "base64");
  if (key.length === 0) throw new TypeError("the secret of webhooks is whsec_ and base64");
  return key;
}

/**
 * @param {Buffer} expected
 * @param {string} signature
 */
function isThat(expected, signature) {
  const [version, text = ""] = signature.split(",");
  const bytes = Buffer.from(text, "base64");
  return version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/**
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {string} name
 */
function header(headers, name) {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  return typeof value === "string" ? value : "";
}
