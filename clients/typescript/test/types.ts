// What compiles, and what must not. Checked by `npm run check`; it is never run.

import { OrderEngine, isRefused, type NewOrder, type OrderEvent } from "../src/index.js";

const engine = new OrderEngine({ urls: ["http://127.0.0.1:3000", "http://127.0.0.1:3001"], apiKey: "key" });
const pair = { tokenIn: "SOL", tokenOut: "USDC" };

export const orders: NewOrder[] = [
  { ...pair, amount: "1.5" },
  { ...pair, amountOut: "150", maxAmountIn: "1.2" },
  { ...pair, amount: "1", orderType: "limit", limitPrice: "160", validForSeconds: 60 },
  { ...pair, amount: "1", orderType: "stop", triggerPrice: "120", ocoGroup: "exit" },
  { ...pair, amount: "1", orderType: "take_profit", triggerPrice: "180", ocoGroup: "exit" },
  { ...pair, amount: "1", orderType: "trailing_stop", trailBps: 500, activationPrice: "170" },
  { ...pair, amount: "0.5", orderType: "sniper", minLiquidity: "20", maxFeeBps: 300, requireRenounced: true },
];

export async function whatCompiles(): Promise<void> {
  const { orderId, clientOrderId } = await engine.submit({ ...pair, amount: "1.5" });
  for await (const event of engine.follow(orderId)) amountOf(event);
  const order = await engine.orderByClientId(clientOrderId);
  order.receipt?.feeLamports.toFixed();
  for await (const message of engine.stream({ statuses: ["confirmed"] })) {
    if ("type" in message) message.type satisfies "resync";
    else message.cursor satisfies string;
  }
  await engine.change(orderId, { limitPrice: "165" });
  await engine.quotes({ ...pair, amountOut: "150" });
}

function amountOf(event: OrderEvent): string | undefined {
  if (event.status === "confirmed") return event.amountOut;
  if (event.status === "routing") return event.trigger?.price;
  return undefined;
}

export async function whatDoesNot(): Promise<void> {
  // @ts-expect-error A number may have lost digits.
  await engine.submit({ ...pair, amount: 1.5 });
  // @ts-expect-error A price is no number either.
  await engine.submit({ ...pair, amount: "1", orderType: "limit", limitPrice: 160 });
  // @ts-expect-error A limit order has a price.
  await engine.submit({ ...pair, amount: "1", orderType: "limit" });
  // @ts-expect-error An order sells or buys something.
  await engine.submit({ ...pair });
  // @ts-expect-error Nor do changes take numbers.
  await engine.change("id", { limitPrice: 165 });
  // @ts-expect-error Nor do quotes.
  await engine.quotes({ ...pair, amount: 1.5 });
  // @ts-expect-error There is no such code.
  isRefused(undefined, "no_such_code");
}

export function whatIsNarrowed(error: unknown): string | undefined {
  return isRefused(error, "not_cancellable") ? error.orderStatus : undefined;
}
