#!/usr/bin/env node
// Protects a holding: a stop and a take-profit of which at most one sells, and what became of both.
//
//   node examples/exit.js SOL USDC 1.5 --stop 120 --take-profit 180
//
// It follows all orders on one stream, and reads the list again where the engine says that events may be missing.

import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";

import { ENDS, OrderEngine } from "order-engine-client";

const { ORDER_ENGINE_URL = "http://127.0.0.1:3000", API_KEY: apiKey } = process.env;
const engine = new OrderEngine({ urls: ORDER_ENGINE_URL.split(","), ...(apiKey ? { apiKey } : {}) });

const options = /** @type {const} */ ({ stop: { type: "string" }, "take-profit": { type: "string" } });
const { positionals, values } = parseArgs({ allowPositionals: true, options });
const [tokenIn, tokenOut, amount] = positionals;
const { stop, "take-profit": profit } = values;
if (!tokenIn || !tokenOut || !amount || !stop || !profit) {
  console.error("usage: exit.js TOKEN_IN TOKEN_OUT AMOUNT --stop PRICE --take-profit PRICE");
  process.exit(2);
}

// The stream stands before the orders do, so that it has all of their events.
const feed = engine.stream();
await feed.open();

const ocoGroup = `exit-${randomUUID()}`;
const sell = { tokenIn, tokenOut, amount, ocoGroup };
const submitted = [
  await engine.submit({ ...sell, orderType: "stop", triggerPrice: stop }),
  await engine.submit({ ...sell, orderType: "take_profit", triggerPrice: profit }),
];
const open = new Set(submitted.map(({ orderId }) => orderId));
console.log(`waiting: ${[...open].join(" ")}`);

/** @type {(orderId: string, status: string) => void} */
const tell = (orderId, status) => {
  if (!ENDS.some((end) => end === status) || !open.delete(orderId)) return;
  console.log(`${orderId} ${status}`);
};
for await (const message of feed) {
  if (!("type" in message)) tell(message.orderId, message.status);
  else for await (const order of engine.orders({ ocoGroup })) tell(order.orderId, order.status);
  if (open.size === 0) break;
}
