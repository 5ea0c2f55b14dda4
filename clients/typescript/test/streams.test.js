import assert from "node:assert/strict";
import test from "node:test";

import { ClosedError, OrderEngine, UnreachableError, isRefused } from "../src/index.js";
import { FAST, all, event, frame, opens, refuses, serve, textFrame } from "./scripted.js";

const END = event(3, "confirmed", { amountOut: "225" });

/** @param {{ seq: number }[]} events */
const seqs = (events) => events.map(({ seq }) => seq);

test("each event comes once across lost connections", async (t) => {
  const half = textFrame('{"orderId":"o-1","seq":2').subarray(0, 9);
  const server = await serve(
    t,
    opens([event(0), event(1), half]),
    refuses(503, "stopping"),
    opens([event(1), event(2)], 1012),
    opens([END], 1000),
  );

  const told = await all(server.client().follow("o-1"));

  assert.deepEqual(seqs(told), [0, 1, 2, 3]);
  const paths = server.requests.map(({ path }) => path.split("/").at(-1));
  assert.deepEqual(paths, ["stream", "stream?since=1", "stream?since=1", "stream?since=2"]);
});

test("a gap is asked for", async (t) => {
  const server = await serve(t, opens([event(0), event(2)]), opens([event(1), event(2), END]));

  assert.deepEqual(seqs(await all(server.client().follow("o-1"))), [0, 1, 2, 3]);
  assert.match(server.requests[1]?.path ?? "", /\?since=0$/);
});

test("an order that has ended has no more events", async (t) => {
  const server = await serve(t, opens([], 1000));

  assert.deepEqual(await all(server.client().follow("o-1", { since: 3 })), []);
});

test("where nothing comes again and again it ends", async (t) => {
  const server = await serve(t, opens([]));

  await assert.rejects(all(server.client({ tries: 3 }).follow("o-1")), UnreachableError);
  assert.equal(server.requests.length, 3);
});

test("a stream that is silent is opened again", async (t) => {
  const server = await serve(t, opens([event(0)], "open"), opens([event(1, "expired")]));

  assert.deepEqual(seqs(await all(server.client({ silenceLimitMs: 50 }).follow("o-1"))), [0, 1]);
});

test("the next gateway goes on", async (t) => {
  const first = await serve(t, opens([event(0), event(1)]));
  const second = await serve(t, opens([event(2), END]));
  const client = new OrderEngine({ urls: [first.url, second.url], ...FAST });

  assert.deepEqual(seqs(await all(client.follow("o-1"))), [0, 1, 2, 3]);
  assert.deepEqual([first.requests.length, second.requests.length], [1, 1]);
});

test("what will not change is thrown", async (t) => {
  const unknown = await serve(t, refuses(404, "order_not_found"));
  const revoked = await serve(t, opens([event(0)], 4001));

  await assert.rejects(all(unknown.client().follow("o-1")), (error) => isRefused(error, "order_not_found"));
  await assert.rejects(all(revoked.client().follow("o-1")), (error) => error instanceof ClosedError && error.code === 4001);
  assert.equal(revoked.requests.length, 1);
});

test("messages in parts and pings are understood", async (t) => {
  const body = Buffer.from(JSON.stringify(event(0, "expired", { reason: "x".repeat(300) })));
  const parts = [frame(0x01, body.subarray(0, 7)), frame(0x89, Buffer.from("there?")), frame(0x00, body.subarray(7, 20)), frame(0x80, body.subarray(20))];
  /** @type {Promise<Buffer>} */
  let ponged = Promise.reject(new Error("nobody has asked"));
  ponged.catch(() => {});
  const server = await serve(t, (socket, request) => {
    ponged = new Promise((resolve) => socket.once("data", resolve));
    opens(parts, "open")(socket, request);
  });

  const [told] = await all(server.client().follow("o-1"));

  assert(told?.status === "expired" && told.reason.length === 300);
  const pong = await ponged;
  assert.deepEqual([...pong.subarray(0, 2)], [0x8a, 0x80 | 6]);
  const plain = pong.subarray(6, 12).map((byte, at) => byte ^ (pong[2 + (at % 4)] ?? 0));
  assert.equal(Buffer.from(plain).toString(), "there?");
});

test("frames that no server sends end the connection", async (t) => {
  const long = Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]);
  const wrong = [frame(0xc1, Buffer.from("{}")), Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6]), long, frame(0x83, Buffer.alloc(0))];
  for (const bytes of wrong) {
    const server = await serve(t, opens([bytes]), opens([event(0), event(1, "failed")]));

    assert.deepEqual(seqs(await all(server.client().follow("o-1"))), [0, 1]);
  }
});

test("who stops listening hangs up", async (t) => {
  /** @type {() => void} */
  let hungUp = () => {};
  const ended = new Promise((resolve) => (hungUp = () => resolve(undefined)));
  const server = await serve(t, (socket, request) => {
    socket.on("close", hungUp);
    opens([event(0)], "open")(socket, request);
    socket.on("end", () => socket.end()).resume();
  });

  for await (const told of server.client().follow("o-1")) {
    assert.equal(told.seq, 0);
    break;
  }

  await ended;
});

test("a stream ends with its signal's reason", async (t) => {
  const server = await serve(t, opens([event(0)], "open"));
  const stopping = new AbortController();
  const why = new Error("enough");
  const following = server.client().follow("o-1", { signal: stopping.signal });
  await following.next();

  const next = following.next();
  stopping.abort(why);

  await assert.rejects(next, why);
});

/**
 * @param {string} cursor
 * @param {number} [seq]
 */
const placed = (cursor, seq = 0) => event(seq, "pending", { cursor });

test("the stream of all orders goes on behind the last event", async (t) => {
  const server = await serve(t, opens([placed("c1"), { type: "resync" }]), opens([placed("c+2")], "open"));
  const feed = server.client().stream({ statuses: ["confirmed", "failed"] });

  const told = [await feed.next(), await feed.next(), await feed.next()];
  feed.close();

  assert.deepEqual(told.map((it) => ("type" in it ? it.type : it.cursor)), ["c1", "resync", "c+2"]);
  assert.equal(feed.cursor, "c+2");
  const filtered = "/api/stream?status=confirmed%2Cfailed";
  assert.deepEqual(server.requests.map(({ path }) => path), [filtered, `${filtered}&cursor=c1`]);
});

test("a loss before the first event is told", async (t) => {
  const server = await serve(t, opens([]), opens([placed("c1")], "open"));
  const told = [];

  for await (const message of server.client().stream()) {
    told.push("type" in message ? message.type : message.cursor);
    if (told.length === 2) break;
  }

  assert.deepEqual(told, ["resync", "c1"]);
});

test("the stream of all orders begins where the caller says", async (t) => {
  const server = await serve(t, opens([]), opens([placed("c8")], "open"));
  const feed = server.client().stream({ cursor: "c7" });

  const first = await feed.next();
  feed.close();

  assert("cursor" in first && first.cursor === "c8");
  assert.deepEqual(server.requests.map(({ path }) => path), ["/api/stream?cursor=c7", "/api/stream?cursor=c7"]);
});
