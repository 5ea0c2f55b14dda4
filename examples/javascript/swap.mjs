#!/usr/bin/env node
// Hands in one order and follows it to its end. Node 18 or newer, nothing to install.
//
//   node examples/javascript/swap.mjs SOL USDC 1.5
//   node examples/javascript/swap.mjs SOL USDC 1.5 --limit 160
//   node examples/javascript/swap.mjs SOL MINT 0.5 --snipe --min-liquidity 20 --require-renounced
//
// ORDER_ENGINE_URL (http://127.0.0.1:3000) is the engine, API_KEY the key where it wants one.
// Ends with 0 only where the order was confirmed.
//
// Two things make it safe to run over a bad network. The order goes out under one Idempotency-Key, so
// that sending it again never makes a second order: where it ends without knowing whether one was made, it
// names that key, and IDEMPOTENCY_KEY takes it in the next run. The events are counted by `seq`, so that
// after a cut they go on behind the last one seen.

import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";

const BASE = (process.env.ORDER_ENGINE_URL ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const KEY = process.env.API_KEY ? { Authorization: `Bearer ${process.env.API_KEY}` } : {};
const TERMINAL = ["confirmed", "failed", "cancelled", "expired"];

// How often in a row something is tried before giving up, and the waits between.
const TRIES_MAX = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
// An answer that takes longer will not come. On a stream the engine sends a comment every 15 s.
const ANSWER_LIMIT_MS = 20_000;
const SILENCE_LIMIT_MS = 45_000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits before the next try: longer each time, spread at random, as long as the engine asks for at least. */
async function pause(tries, response) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  const asked = Number(response?.headers.get("retry-after") ?? 0) * 1000;
  await sleep(asked + longest / 2 + (Math.random() * longest) / 2);
}

/** The engine says no, and another try would not change it. */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Error(`refused with ${response.status} ${problem.code ?? ""}: ${problem.detail ?? "no reason"}`);
}

/** Hands the order in: one key for all tries, so that at most one order comes of them. */
async function submit(order) {
  const given = process.env.IDEMPOTENCY_KEY;
  const key = given ?? randomUUID();
  const headers = { ...KEY, "Content-Type": "application/json", "Idempotency-Key": key };
  const body = JSON.stringify(order);
  // From the first try of which nothing is known: only an accepted order or a refusal of it ends that.
  let inDoubt = given !== undefined;
  for (let tries = 0; ; tries++) {
    let response;
    let failure;
    try {
      const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
      response = await fetch(`${BASE}/api/orders/execute`, { method: "POST", headers, body, signal });
      if (response.ok) return await response.json();
      failure = await refusal(response);
      if (response.status === 409 || response.status === 422) throw Object.assign(failure, { final: true });
    } catch (error) {
      if (error.final) throw error;
      failure = new Error(`no answer from ${BASE}: ${error.cause?.message ?? error.message}`);
      response = undefined;
    }
    // A refusal such as 401 or 429 says nothing of the tries before.
    inDoubt ||= !response || response.status >= 500;
    const mayChange = !response || response.status === 429 || response.status >= 500;
    if (!mayChange || tries + 1 === TRIES_MAX) throw inDoubt ? doubt(key, failure) : failure;
    await pause(tries, response);
  }
}

/** The order may have been made, and nobody says so. */
function doubt(key, { message }) {
  return new Error(
    `the order may have been made (${message}); to find out without making a second one, ` +
      `run this again with IDEMPOTENCY_KEY=${key}`,
  );
}

/** Each event of the order once and in order, its last one included, across lost connections. */
async function* follow(orderId) {
  let since = -1;
  let failures = 0;
  while (failures < TRIES_MAX) {
    try {
      for await (const event of stream(orderId, since)) {
        since = event.seq;
        failures = 0;
        yield event;
        if (TERMINAL.includes(event.status)) return;
      }
    } catch (error) {
      if (error.final) throw error;
    }
    await pause(failures);
    failures += 1;
  }
  throw new Error(`order ${orderId} goes on, but the connection is lost again and again`);
}

/** The events of one connection, for as long as it lasts. */
async function* stream(orderId, since) {
  const watchdog = new AbortController();
  let timer = setTimeout(() => watchdog.abort(), SILENCE_LIMIT_MS);
  try {
    const after = since < 0 ? "" : `?since=${since}`;
    const headers = { ...KEY, Accept: "text/event-stream" };
    const response = await fetch(`${BASE}/api/orders/${orderId}/events${after}`, { headers, signal: watchdog.signal });
    if (!response.ok) {
      const mayChange = response.status === 429 || response.status >= 500;
      throw Object.assign(await refusal(response), { final: !mayChange });
    }
    let rest = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      timer.refresh();
      const lines = (rest + piece).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
      }
    }
  } finally {
    clearTimeout(timer);
    watchdog.abort();
  }
}

async function main([tokenIn, tokenOut, amount], wanted) {
  const { orderId } = await submit({ tokenIn, tokenOut, amount, ...condition(wanted) });
  console.log(`order ${orderId}`);
  let last;
  for await (const event of follow(orderId)) {
    const via = event.dex ? ` ${event.dex}` : "";
    console.log(`${event.seq} ${event.status}${via}`);
    last = event;
  }
  if (last.status !== "confirmed") {
    console.log(`not executed: ${last.error ?? last.reason}`);
    return 1;
  }
  console.log(`${amount} ${tokenIn} -> ${last.amountOut} ${tokenOut} on ${last.dex}, transaction ${last.txHash}`);
  return 0;
}

/** What the order waits for; without any of this the swap is made at once. */
function condition(wanted) {
  if (wanted.limit) return { orderType: "limit", limitPrice: wanted.limit };
  if (wanted.stop) return { orderType: "stop", triggerPrice: wanted.stop };
  if (wanted["take-profit"]) return { orderType: "take_profit", triggerPrice: wanted["take-profit"] };
  if (wanted.trail) return { orderType: "trailing_stop", trailBps: Number(wanted.trail) };
  return wanted.snipe ? sniper(wanted) : {};
}

/** A sniper waits for a pool that passes these gates. */
function sniper(gates) {
  const order = { orderType: "sniper", slippageBps: 500 };
  if (gates["min-liquidity"]) order.minLiquidity = gates["min-liquidity"];
  if (gates["max-fee-bps"]) order.maxFeeBps = Number(gates["max-fee-bps"]);
  if (gates["require-renounced"]) order.requireRenounced = true;
  return order;
}

const { positionals: order, values: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: "string" },
    stop: { type: "string" },
    "take-profit": { type: "string" },
    trail: { type: "string" },
    snipe: { type: "boolean" },
    "min-liquidity": { type: "string" },
    "max-fee-bps": { type: "string" },
    "require-renounced": { type: "boolean" },
  },
});
if (order.length !== 3) {
  console.error("usage: swap.mjs TOKEN_IN TOKEN_OUT AMOUNT [--limit PRICE | --stop PRICE | --take-profit PRICE | --trail BPS | --snipe …]");
  process.exitCode = 2;
} else {
  process.exitCode = await main(order, wanted).catch((error) => {
    console.error(error.message);
    return 1;
  });
}
