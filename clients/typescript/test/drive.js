// Submits an order of each type over a network that loses answers and cuts streams, follows each to its end, and
// prints what it saw for crates/order-engine/tests/it/clients.rs, which compares it with what the engine has stored.

import { ENDS, OrderEngine } from "../src/index.js";

const { ORDER_ENGINE_URL = "", API_KEY: apiKey } = process.env;
const engine = new OrderEngine({
  urls: ORDER_ENGINE_URL.split(","),
  firstWaitMs: 20,
  longestWaitMs: 200,
  ...(apiKey ? { apiKey } : {}),
});
const pair = { tokenIn: "SOL", tokenOut: "USDC" };
const sell = { ...pair, amount: "0.1" };
const NEVER = "100000";

/** @type {Record<string, import("../src/index.js").NewOrder>} */
const orders = {
  market: { ...sell, clientOrderId: "drive market", slippageBps: 500 },
  exactOut: { ...pair, amountOut: "10", maxAmountIn: "1" },
  limit: { ...sell, orderType: "limit", limitPrice: "1" },
  stop: { ...sell, orderType: "stop", triggerPrice: NEVER, slippageBps: 500 },
  takeProfit: { ...sell, orderType: "take_profit", triggerPrice: "1", slippageBps: 500 },
  trailing: { ...sell, orderType: "trailing_stop", trailBps: 500, activationPrice: NEVER },
  ocoFires: { ...sell, orderType: "stop", triggerPrice: NEVER, ocoGroup: "drive", slippageBps: 500 },
  ocoEnds: { ...sell, orderType: "take_profit", triggerPrice: NEVER, ocoGroup: "drive" },
  sniper: { ...sell, orderType: "sniper", minLiquidity: "1", slippageBps: 500 },
};

const feed = engine.stream();
await feed.open();
/** @type {Map<string, string>} */
const ends = new Map();
const isEnd = (/** @type {string | undefined} */ status) => ENDS.some((end) => end === status);
/** An event may come late. @type {(orderId: string, status: string) => void} */
const see = (orderId, status) => void (isEnd(ends.get(orderId)) || ends.set(orderId, status));

/** @type {Record<string, string>} */
const ids = {};
for (const [name, order] of Object.entries(orders)) ids[name] = (await engine.submit(order)).orderId;

const changed = await engine.change(ids.trailing ?? "", { trailBps: 300 });
const cancelled = await engine.cancel(ids.trailing ?? "");

/** @type {Record<string, object>} */
const told = {};
const following = Object.entries(ids).map(async ([name, orderId]) => {
  const seqs = [];
  let status = "";
  for await (const event of engine.follow(orderId)) {
    seqs.push(event.seq);
    status = event.status;
  }
  told[name] = { orderId, status, seqs };
});
const feeding = (async () => {
  for await (const message of feed) {
    if ("type" in message) for await (const order of engine.orders()) see(order.orderId, order.status);
    else see(message.orderId, message.status);
    if (Object.values(ids).every((id) => isEnd(ends.get(id)))) break;
  }
})();
await Promise.all([...following, feeding]);

const listed = [];
for await (const order of engine.orders({ limit: 2 })) listed.push(order.orderId);
const quotes = await engine.quotes({ ...pair, amountOut: "10" });
const dryRun = await engine.dryRun(/** @type {import("../src/index.js").NewOrder} */ (orders.limit));
const pools = await engine.pools("SOL", "USDC");
const named = await engine.orderByClientId("drive market");
const stats = await engine.stats();
const refused = await engine.submit({ ...pair, amount: "0" }).catch((error) => error.code);

console.log(
  JSON.stringify({
    told,
    feed: Object.fromEntries(ends),
    listed,
    changed: changed.trailBps,
    cancelled: cancelled.status,
    quotes: quotes.route !== null,
    dryRun: dryRun.best !== null,
    pools: pools.pools.length > 0,
    tokens: (await engine.tokens()).length > 0,
    wallet: apiKey ? null : (await engine.wallet()).mode,
    named: named.orderId,
    stats: stats.success,
    execution: (await engine.executionStats(5)).success,
    events: (await engine.events(named.orderId, { since: 0 })).map(({ seq }) => seq),
    transaction: (await engine.transaction(named.orderId)).signature === named.txHash,
    refused,
  }),
);
