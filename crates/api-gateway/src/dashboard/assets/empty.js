// What is shown where there is nothing yet, and where something cannot be read.

import { address } from "./api.js";
import { commandLine } from "./copy.js";
import { h } from "./dom.js";
import { session } from "./session.js";

/** Nothing here yet, and how to change that. */
export function noOrders() {
  return h(
    "div",
    { class: "empty" },
    h("h3", {}, "No orders yet"),
    h("p", {}, h("a", { href: "#/orders" }, "Place one"), " here, or from a terminal:"),
    commandLine(curlLine(), "the curl command"),
  );
}

/** A short sentence in place of a list. */
export function nothing(text) {
  return h("p", { class: "empty" }, text);
}

/** What could not be read, and a way to try again. */
export function broken(problem, retry) {
  // The banner offers to enter one.
  if (problem.status === 401) return nothing("Enter an API key to see this.");
  return h(
    "div",
    { class: "empty", role: "alert" },
    h("p", {}, problem.message),
    h("button", { type: "button", on: { click: retry } }, "Try again"),
  );
}

function curlLine() {
  return [
    `curl ${address("/api/orders/execute")}`,
    ...(session.get().apiKey ? [`-H 'Authorization: Bearer YOUR_KEY'`] : []),
    `-H 'Content-Type: application/json'`,
    `-d '{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}'`,
  ].join(" \\\n  ");
}
