// What the chosen wallet holds, compared with all receipts, when somebody asks for it.

import { adminPost } from "./api.js";
import { h } from "./dom.js";
import { count, shortHash, tokenName } from "./format.js";
import { facts } from "./order-facts.js";

/** The engine itself gives up earlier. */
const DEADLINE_MS = 130_000;

/** `chosen()` names the wallet; empty for the engine's first. */
export function walletComparison(chosen) {
  const result = h("div", { role: "status" });
  const button = h("button", { type: "button", on: { click: compare } }, "Compare with receipts");
  let asked = 0;

  async function compare() {
    const turn = ++asked;
    button.disabled = true;
    result.replaceChildren(h("p", { class: "sub" }, "Reading what the wallet did…"));
    const shown = await adminPost("/api/admin/reconcile", undefined, {
      query: { wallet: chosen() },
      deadlineMs: DEADLINE_MS,
    }).then(report, (problem) => h("p", { class: "notice", "data-kind": "error" }, problem.message));
    button.disabled = false;
    if (turn === asked) result.replaceChildren(shown);
  }

  /** Another wallet was chosen: what was said is about the former one. */
  function forget() {
    asked += 1;
    button.disabled = false;
    result.replaceChildren();
  }

  return { element: h("div", { class: "wallet-comparison" }, button, result), forget };
}

function report(told) {
  if (told.fromSlot === null) {
    return h("p", {}, `Noted what it holds in slot ${count(told.toSlot)}: compared from now on.`);
  }
  return h(
    "div",
    {},
    h("p", { class: "notice", "data-kind": told.explained ? "info" : "error" }, verdict(told)),
    facts([
      ["Slots", `${count(told.fromSlot)} to ${count(told.toSlot)}`],
      ["Transactions", `${count(told.transactions)}, ${count(told.orders)} of orders`],
      ["No order's", told.foreign > 0 ? count(told.foreign) : null],
      ["From outside", nonZero(told.fromOutsideLamports, "lamports")],
      ["Unexplained", nonZero(told.unexplainedLamports, "lamports")],
      ...told.tokens.flatMap((token) => [
        [`${named(token)} from outside`, nonZero(token.fromOutside, "units")],
        [`${named(token)} unexplained`, nonZero(token.unexplained, "units")],
      ]),
      ["Tokens left out", told.tokensLeftOut > 0 ? count(told.tokensLeftOut) : null],
    ]),
    told.findings.length === 0 ? null : h("ul", { class: "findings" }, ...told.findings.map(finding)),
  );
}

function verdict({ explained, complete }) {
  if (!explained) return "Somebody must look: not everything is explained.";
  return complete
    ? "Receipts and transfers explain every lamport and every token."
    : "Nothing is wrong, but the chain no longer tells everything since the last comparison.";
}

function finding({ detail, signature, lamports, tokens }) {
  const changes = tokens.map((token) => `, ${token.change} units of ${named(token)}`).join("");
  return h("li", {}, h("span", { class: "mono" }, shortHash(signature)), ` ${lamports} lamports${changes}: ${detail}`);
}

const named = ({ symbol, mint }) => tokenName(symbol ?? mint);

/** In the smallest unit, exactly: numbers and texts of them. */
const nonZero = (amount, unit) => (String(amount) === "0" ? null : `${amount} ${unit}`);
