#!/usr/bin/env node
// Hands in one order and follows it to its end.
//
//   node examples/swap.js SOL USDC 1.5
//   node examples/swap.js SOL USDC 1.5 --limit 160
//
// ORDER_ENGINE_URL (http://127.0.0.1:3000) is the engine, or several gateways of it with commas between; API_KEY the
// key where it wants one; CLIENT_ORDER_ID the order's name, where an earlier run has ended in doubt of it.
// Ends with 0 only where the order was confirmed.

import { parseArgs } from "node:util";

import { EngineError, InDoubtError, OrderEngine } from "order-engine-client";

/** @typedef {import("order-engine-client").NewOrder} NewOrder */

const { ORDER_ENGINE_URL = "http://127.0.0.1:3000", API_KEY: apiKey, CLIENT_ORDER_ID: clientOrderId } = process.env;
const engine = new OrderEngine({ urls: ORDER_ENGINE_URL.split(","), ...(apiKey ? { apiKey } : {}) });

const { positionals, values } = parseArgs({ allowPositionals: true, options: { limit: { type: "string" } } });
const [tokenIn, tokenOut, amount] = positionals;
if (!tokenIn || !tokenOut || !amount) {
  console.error("usage: swap.js TOKEN_IN TOKEN_OUT AMOUNT [--limit PRICE]");
  process.exit(2);
}

const named = { tokenIn, tokenOut, amount, ...(clientOrderId ? { clientOrderId } : {}) };
/** @type {NewOrder} */
const order = values.limit ? { ...named, orderType: "limit", limitPrice: values.limit } : named;

try {
  const { orderId } = await engine.submit(order);
  console.log(`order ${orderId}`);
  for await (const event of engine.follow(orderId)) {
    console.log(`${event.seq} ${event.status}${"dex" in event ? ` ${event.dex}` : ""}`);
    if (event.status === "confirmed") {
      console.log(`${amount} ${tokenIn} -> ${event.amountOut} ${tokenOut} on ${event.dex}, transaction ${event.txHash}`);
    } else if (event.status === "failed") {
      console.log(`not executed: ${event.error}`);
      process.exitCode = 1;
    } else if (event.status === "cancelled" || event.status === "expired") {
      console.log(`not executed: ${event.reason}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  console.error(error.message);
  if (error instanceof InDoubtError) console.error(`run this again with CLIENT_ORDER_ID=${error.clientOrderId}`);
  process.exitCode = 1;
}
