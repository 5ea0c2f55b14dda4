// Receives webhooks of the order engine, takes those that the engine has signed, and prints each once.
//
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receive.mjs
//
// Needs Node 18 or newer and no package.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

/** An older message may be one that somebody recorded. */
const TOLERANCE_SECONDS = 300;
const BODY_BYTES_MAX = 1 << 20;
/** Of so many webhooks it is remembered that they were here. */
const KNOWN_MAX = 10_000;

const secret = process.env.WEBHOOK_SECRET ?? "";
if (!secret.startsWith("whsec_")) {
  console.error("set WEBHOOK_SECRET to the engine's: whsec_ and base64");
  process.exit(2);
}
const key = Buffer.from(secret.slice("whsec_".length), "base64");
const known = new Set();

/** Whether one of the signatures is that of these bytes, made by our key a short time ago. */
function isGenuine(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": second, "webhook-signature": signatures } = headers;
  if (!id || !/^\d+$/.test(second ?? "") || !signatures) return false;
  if (Math.abs(Date.now() / 1_000 - Number(second)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac("sha256", key).update(`${id}.${second}.`).update(body).digest();
  // Several while a secret is exchanged, with spaces between.
  return signatures.split(" ").some((signature) => {
    const [version, text] = signature.split(",");
    const given = Buffer.from(text ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** The bytes as they came: a body that was parsed and printed again has another signature. */
async function bytesOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end();
  try {
    const body = await bytesOf(request);
    if (request.method !== "POST" || !isGenuine(request.headers, body)) return answer(401);
    const id = request.headers["webhook-id"];
    // The same webhook may come again: what it causes must happen once.
    if (!known.has(id)) {
      const { type, data } = JSON.parse(body);
      console.log(`${type} ${id} ${data.order.tokenIn} -> ${data.order.tokenOut}`);
      known.add(id);
      if (known.size > KNOWN_MAX) known.delete(known.values().next().value);
    }
    // Only now: whatever is no success comes again.
    answer(204);
  } catch {
    answer(400);
  }
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
