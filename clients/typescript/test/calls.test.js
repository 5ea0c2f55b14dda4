import assert from "node:assert/strict";
import test from "node:test";

import { InDoubtError, OrderEngine, RefusedError, UnexpectedAnswerError, UnreachableError, isRefused } from "../src/index.js";
import { ACCEPTED, FAST, all, loses, refuses, says, serve } from "./scripted.js";

/** @type {import("../src/index.js").MarketOrder} */
const ORDER = { tokenIn: "SOL", tokenOut: "USDC", amount: "1.5" };
/** Nothing listens there; `fetch` itself refuses the lowest ports. */
const NOWHERE = "http://127.0.0.1:999";
const NONE = { tokens: [] };

test("a lost reply is asked for again under one key", async (t) => {
  const replay = says(201, ACCEPTED, { "Idempotent-Replayed": "true" });
  const server = await serve(t, loses, refuses(503, "busy"), replay);
  /** @type {string[]} */
  const doubts = [];

  const accepted = await server.client().submit(ORDER, { onDoubt: (name) => doubts.push(name) });

  const name = accepted.clientOrderId;
  assert.deepEqual([accepted.orderId, accepted.replayed], ["o-1", true]);
  assert.deepEqual(server.requests.map(({ headers }) => headers["idempotency-key"]), [name, name, name]);
  for (const { body } of server.requests) assert.deepEqual(body, { ...ORDER, clientOrderId: name });
  assert.equal(server.requests.length, 3);
  assert.deepEqual(doubts, [name]);
});

test("an order of which nobody tells is in doubt", async (t) => {
  const server = await serve(t, loses);

  const submitting = server.client({ tries: 3 }).submit({ ...ORDER, clientOrderId: "desk 1" });

  await assert.rejects(submitting, (error) => {
    assert(error instanceof InDoubtError);
    assert.equal(error.clientOrderId, "desk 1");
    assert.match(error.message, /"desk 1"/);
    return true;
  });
  assert.deepEqual(server.requests.map(({ headers }) => headers["idempotency-key"]), Array(3).fill("desk%201"));
});

for (const [status, code] of /** @type {const} */ ([
  [401, "unauthorized"],
  [503, "trading_disabled"],
  [500, "internal"],
  [503, "outcome_unknown"],
])) {
  test(`${code} behind a lost reply leaves an order in doubt`, async (t) => {
    const server = await serve(t, loses, refuses(status, code));

    await assert.rejects(server.client({ tries: 3 }).submit(ORDER), InDoubtError);
  });
}

test("a refusal of the order ends the doubt", async (t) => {
  const errors = [{ field: "amount", message: "must be greater than 0" }];
  const server = await serve(t, loses, refuses(422, "invalid_order", { errors }));

  await assert.rejects(server.client().submit(ORDER), (error) => {
    assert(isRefused(error, "invalid_order"));
    assert.equal(error.message, "no; amount: must be greater than 0 (invalid_order): correct the fields in errors");
    return true;
  });
  assert.equal(server.requests.length, 2);
});

test("an order that was never sent is not in doubt", async () => {
  const client = new OrderEngine({ urls: NOWHERE, ...FAST, tries: 2 });

  await assert.rejects(client.submit(ORDER), (error) => error instanceof UnreachableError && !error.mayHaveArrived);
});

test("a submission that its caller ends is in doubt", async (t) => {
  const stopping = new AbortController();
  const server = await serve(t, () => stopping.abort());

  await assert.rejects(server.client().submit(ORDER, { signal: stopping.signal }), InDoubtError);
});

test("a name that is taken is refused with its order", async (t) => {
  const server = await serve(t, refuses(409, "client_order_id_taken", { orderId: "o-0" }));

  await assert.rejects(server.client().submit(ORDER), (error) => isRefused(error, "client_order_id_taken") && error.orderId === "o-0");
  assert.equal(server.requests.length, 1);
});

test("an amount is text", async (t) => {
  const server = await serve(t, says(201, ACCEPTED));
  const client = server.client();

  for (const amount of /** @type {any[]} */ ([1.5, 1, 1n, null])) {
    await assert.rejects(client.submit({ ...ORDER, amount }), { name: "TypeError", message: /^amount must be a string/ });
  }
  const limitPrice = /** @type {any} */ (160.5);
  await assert.rejects(client.change("o-1", { limitPrice }), { name: "TypeError", message: /^limitPrice/ });
  const amountOut = /** @type {any} */ (1.5);
  await assert.rejects(client.quotes({ tokenIn: "SOL", tokenOut: "USDC", amountOut }), { name: "TypeError" });
  assert.equal(server.requests.length, 0);
});

test("it waits as long as the engine asks", async (t) => {
  const server = await serve(t, refuses(429, "rate_limited", {}, { "Retry-After": "1" }), says(200, NONE));
  const began = performance.now();

  assert.deepEqual(await server.client().tokens(), []);

  assert(performance.now() - began >= 1_000);
});

test("a wait that is too long is the caller's to decide", async (t) => {
  const server = await serve(t, refuses(503, "queue_full", {}, { "Retry-After": "31" }));

  await assert.rejects(server.client().submit(ORDER), (error) => isRefused(error, "queue_full") && error.retryAfterMs === 31_000);
  assert.equal(server.requests.length, 1);
});

test("tries have a bound", async (t) => {
  const server = await serve(t, refuses(503, "busy"));

  await assert.rejects(server.client({ tries: 4 }).stats(), RefusedError);
  assert.equal(server.requests.length, 4);
});

test("what another try does not change is asked once", async (t) => {
  const server = await serve(t, refuses(404, "order_not_found"), refuses(418, "of_a_newer_engine"));

  await assert.rejects(server.client().order("o-9"), (error) => isRefused(error, "order_not_found"));
  await assert.rejects(server.client().order("o-9"), { code: "of_a_newer_engine", message: "no (of_a_newer_engine)" });
  assert.equal(server.requests.length, 2);
});

test("where a gateway is away the next one is asked at once", async (t) => {
  const stopping = await serve(t, refuses(503, "stopping", {}, { "Retry-After": "20" }));
  const other = await serve(t, says(200, NONE));
  const client = new OrderEngine({ urls: [NOWHERE, stopping.url, other.url], ...FAST });
  const began = performance.now();

  await client.tokens();
  await client.tokens();

  assert(performance.now() - began < 10_000);
  assert.deepEqual([stopping.requests.length, other.requests.length, client.url], [1, 2, other.url]);
});

test("other calls than reads are sent once", async (t) => {
  const server = await serve(t, loses);

  await assert.rejects(server.client().call("POST", "/api/admin/pause"), UnreachableError);
  assert.equal(server.requests.length, 1);
});

test("a call ends with its signal's reason", async (t) => {
  const stopping = new AbortController();
  const why = new Error("enough");
  const server = await serve(t, () => stopping.abort(why));

  await assert.rejects(server.client().stats({ signal: stopping.signal }), why);
});

test("an answer that takes too long is lost", async (t) => {
  const server = await serve(t, () => {}, says(200, NONE));

  assert.deepEqual(await server.client({ answerLimitMs: 50 }).tokens(), []);
});

test("half an answer is none", async (t) => {
  const cut = says(200, '{"tokens":[', { "Content-Length": "99" });
  const server = await serve(t, cut, says(200, NONE));

  assert.deepEqual(await server.client().tokens(), []);
});

test("what is not an engine's answer is said", async (t) => {
  const server = await serve(t, says(200, "<p>"), says(404, "<p>"), says(302, "", { Location: "/elsewhere" }));

  for (let it = 0; it < 3; it++) await assert.rejects(server.client().stats(), UnexpectedAnswerError);
  assert.equal(server.requests.length, 3);
});

test("a whole number that cannot be read exactly is an error", async (t) => {
  const server = await serve(t, says(200, '{"lamports":9007199254740991}'), says(200, '{"lamports":9007199254740993}'));

  assert.equal((await server.client().wallet()).lamports, Number.MAX_SAFE_INTEGER);
  await assert.rejects(server.client().wallet(), /lamports is too large/);
});

test("a key goes with each call", async (t) => {
  const server = await serve(t, says(200, NONE));

  await server.client({ apiKey: "secret" }).tokens();

  assert.equal(server.requests[0]?.headers.authorization, "Bearer secret");
});

test("an address that is none is told at once", () => {
  for (const urls of ["", "engine", "ftp://engine", "http://engine?x=1", []]) {
    assert.throws(() => new OrderEngine({ urls }), TypeError);
  }
});

test("a cancel whose answer was lost is a cancel", async (t) => {
  const taken = refuses(409, "not_cancellable", { orderStatus: "cancelled" });
  const lossy = await serve(t, loses, taken);
  const server = await serve(t, taken);

  assert.equal((await lossy.client().cancel("o-1")).status, "cancelled");
  await assert.rejects(server.client().cancel("o-1"), (error) => isRefused(error, "not_cancellable"));
});

test("a list is read page by page", async (t) => {
  const server = await serve(
    t,
    says(200, { orders: [{ orderId: "c" }, { orderId: "b" }], nextCursor: "p/2" }),
    says(200, { orders: [], nextCursor: "p/3" }),
    says(200, { orders: [{ orderId: "a" }], nextCursor: null }),
  );

  const listed = await all(server.client().orders({ waiting: true, limit: 2 }));

  assert.deepEqual(listed.map(({ orderId }) => orderId), ["c", "b", "a"]);
  const first = "/api/orders?waiting=true&limit=2";
  assert.deepEqual(server.requests.map(({ path }) => path), [first, `${first}&cursor=p%2F2`, `${first}&cursor=p%2F3`]);
});
