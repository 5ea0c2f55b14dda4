// The form that hands in an order: it checks as one types, shows live quotes, and submits exactly once.

import { h, setAttribute, setText } from "./dom.js";
import { amount } from "./format.js";
import { doubtNotes } from "./doubt-notes.js";
import { TRIGGERS, buysExactly, firesAtOnce, readDraft, trails, waits, waitsForPrice } from "./order-draft.js";
import { drawNeed, needsEngine, outageNote } from "./outage.js";
import { quotePanel } from "./quote-panel.js";
import { poolsPanel } from "./pools-panel.js";
import { submitOrder } from "./submit.js";
import { tokenOf } from "./tokens.js";

const FIELDS = [
  "amount",
  "amountOut",
  "maxAmountIn",
  "tokenIn",
  "tokenOut",
  "price",
  "trail",
  "triggerValue",
  "minLiquidity",
  "maxFee",
  "ocoGroup",
  "slippage",
  "minAmountOut",
  "validForSeconds",
  "feeLevel",
  "maxPriceImpact",
  "wallet",
  "clientOrderId",
  "venues",
];
/** The engine's names of fields, where the form's differ. */
const FORM_NAMES = {
  amountIn: "amount",
  slippageBps: "slippage",
  limitPrice: "price",
  triggerPrice: "price",
  activationPrice: "price",
  trailBps: "trail",
  maxFeeBps: "maxFee",
  maxPriceImpactBps: "maxPriceImpact",
  excludeVenues: "venues",
};
/** When an order executes, with a sentence for people. */
const TYPES = [
  ["market", "Market", "Swaps at once, at the best price offered."],
  ["exact_out", "Buy exactly", "Buys at once as much as you say, to the unit, and never pays more than the most you allow."],
  ["limit", "Limit", "Waits until the swap pays your price or a better one, and never takes a worse one."],
  ["stop", "Stop", "Waits until the price has fallen to yours, then sells at what it can get, less slippage."],
  ["take_profit", "Take profit", "Waits until the price has risen to yours, then sells at what it can get, less slippage."],
  [
    "trailing_stop",
    "Trailing stop",
    "Follows the highest price, from your activation price on if you name one, and sells once the price is that far below it.",
  ],
  ["sniper", "Sniper", "Waits for a pool that passes your gates, which need not exist yet, and buys from it at once."],
];
/** What fires a sniper. */
const TRIGGER_NAMES = [
  ["pool_created", "Such a pool alone"],
  ["price_above", "The price rises to"],
  ["price_below", "The price falls to"],
  ["volume_spike", "A minute trades so many times the mean"],
];
/** The levels of the network fee by what they outbid; none: what the engine is set to. */
const FEE_LEVELS = [
  ["", "As the engine is set"],
  ["low", "Low: more than a quarter of others"],
  ["medium", "Medium: more than half"],
  ["high", "High: more than three quarters"],
  ["urgent", "Urgent: more than nine of ten"],
];

/** `tokens`: symbol to token. `onAccepted(answer, order)` is told of each order that was accepted. */
export function orderForm({ tokens, onAccepted }) {
  const parts = controls(tokens);
  let best = null;
  const quotes = quotePanel({ onOffer: warn });
  const pools = poolsPanel();
  const notice = h("p", { class: "notice", role: "alert", hidden: true });
  const button = h("button", { class: "primary", type: "submit" }, "Place order");
  const doubts = doubtNotes((order) => void place(order));
  const outage = outageNote("The engine does not answer. Orders can be placed as soon as it does.");
  const form = h(
    "form",
    { class: "order-form", novalidate: true, autocomplete: "off", on: { submit: onSubmit, input: onInput } },
    parts.elements,
    quotes.element,
    pools.element,
    notice,
    doubts.element,
    button,
    outage,
  );
  const touched = new Set();
  let busy = false;

  function read() {
    return readDraft(parts.read(), tokens);
  }

  function onInput(event) {
    touched.add(event.target.name);
    say(null);
    const { faults, quotable } = read();
    showFaults(faults, (field) => touched.has(field));
    askForQuotes(quotable);
    warn(best);
  }

  /** Says that the order would fire at once where its amount is sold at this price now; null: it is not known. */
  function warn(price) {
    best = price;
    const { orderType, price: wanted } = parts.read();
    const isMet = best !== null && waitsForPrice(orderType) && firesAtOnce(orderType, wanted, best);
    parts.warn(isMet ? `It would fire at once: your amount is sold at ${amount(best)} now.` : null);
  }

  function showFaults(faults, applies) {
    for (const field of FIELDS) parts.showFault(field, applies(field) ? (faults[field] ?? null) : null);
  }

  function say(text, kind = "error") {
    notice.hidden = text === null;
    setText(notice, text ?? "");
    setAttribute(notice, "data-kind", kind);
  }

  async function onSubmit(event) {
    event.preventDefault();
    if (busy) return;
    const { faults, order } = read();
    showFaults(faults, () => true);
    if (order === null) {
      parts.focusFirst(FIELDS.find((field) => faults[field]));
      return;
    }
    await place(order);
  }

  async function place(order) {
    if (busy) return;
    setBusy(true);
    say(null);
    try {
      const accepted = await submitOrder(order, (attempt) => {
        say(`No answer yet. Asking again (${attempt}); it cannot be placed twice.`, "info");
      });
      say(null);
      parts.clearOnce();
      onAccepted(accepted, order);
    } catch (problem) {
      refuse(problem);
    } finally {
      setBusy(false);
    }
  }

  function setBusy(next) {
    busy = next;
    setAttribute(button, "data-busy", next ? "yes" : null);
    drawNeed(button);
    setText(button, next ? "Placing…" : "Place order");
  }

  function refuse(problem) {
    const faults = {};
    for (const { field, message } of problem.errors ?? []) faults[FORM_NAMES[field] ?? field] = message;
    showFaults(faults, () => true);
    say(problem.message);
  }

  function askForQuotes(quotable) {
    quotes.ask(quotable, quotable && tokenOf(quotable.tokenOut, tokens));
    pools.ask(quotable);
  }

  needsEngine(button, outage);
  askForQuotes(read().quotable);
  return {
    element: form,
    close: () => {
      quotes.close();
      pools.close();
      doubts.close();
    },
  };
}

function controls(tokens) {
  const listed = h(
    "datalist",
    { id: "f-tokens" },
    [...tokens.values()].map(({ symbol, name }) => h("option", { value: symbol }, name)),
  );
  /** Listed tokens are offered; any mint's address may be entered. */
  const tokenField = (name, value, attributes) =>
    h("input", {
      name,
      id: `f-${name}`,
      value,
      list: "f-tokens",
      maxlength: 44,
      spellcheck: "false",
      autocapitalize: "off",
      required: true,
      ...attributes,
    });
  const pay = h("input", {
    name: "amount",
    id: "f-amount",
    inputmode: "decimal",
    value: "1",
    maxlength: 40,
    required: true,
  });
  const tokenIn = tokenField("tokenIn", "SOL", { "aria-label": "Token to sell" });
  const tokenOut = tokenField("tokenOut", "USDC");
  const swap = h(
    "button",
    { type: "button", class: "quiet swap", on: { click: turnRound } },
    "⇄ Other way round",
  );
  const orderType = h(
    "select",
    { name: "orderType", id: "f-orderType", on: { change: showType } },
    TYPES.map(([value, text]) => h("option", { value }, text)),
  );
  const meaning = h("p", { class: "muted", id: "f-orderType-meaning" });
  const price = h("input", { name: "price", id: "f-price", inputmode: "decimal", maxlength: 40 });
  const amountOut = h("input", { name: "amountOut", id: "f-amountOut", inputmode: "decimal", maxlength: 40 });
  const maxAmountIn = h("input", { name: "maxAmountIn", id: "f-maxAmountIn", inputmode: "decimal", maxlength: 40 });
  const trail = h("input", { name: "trail", id: "f-trail", inputmode: "decimal", value: "5", maxlength: 6 });
  const warning = h("p", { class: "notice", id: "f-price-warning", role: "status", "data-kind": "info", hidden: true });
  const triggerCondition = h(
    "select",
    { name: "triggerCondition", id: "f-triggerCondition", on: { change: showType } },
    TRIGGER_NAMES.map(([value, text]) => h("option", { value }, text)),
  );
  const decimalField = (name, maxlength) =>
    h("input", { name, id: `f-${name}`, inputmode: "decimal", maxlength });
  const triggerValue = decimalField("triggerValue", 40);
  const minLiquidity = decimalField("minLiquidity", 40);
  const maxFee = decimalField("maxFee", 6);
  const requireRenounced = h("input", { type: "checkbox", name: "requireRenounced", id: "f-requireRenounced" });
  const ocoGroup = h("input", { name: "ocoGroup", id: "f-ocoGroup", maxlength: 64 });
  const slippage = h("input", {
    name: "slippage",
    id: "f-slippage",
    inputmode: "decimal",
    value: "0.5",
    maxlength: 6,
  });
  const minAmountOut = h("input", {
    name: "minAmountOut",
    id: "f-minAmountOut",
    inputmode: "decimal",
    maxlength: 40,
  });
  const validFor = h("input", {
    name: "validForSeconds",
    id: "f-validForSeconds",
    inputmode: "numeric",
    maxlength: 7,
  });
  const feeLevel = h(
    "select",
    { name: "feeLevel", id: "f-feeLevel" },
    FEE_LEVELS.map(([value, text]) => h("option", { value }, text)),
  );
  const maxPriceImpact = h("input", {
    name: "maxPriceImpact",
    id: "f-maxPriceImpact",
    inputmode: "decimal",
    maxlength: 6,
  });
  const wallet = h("input", { name: "wallet", id: "f-wallet", maxlength: 44, spellcheck: "false" });
  const clientOrderId = h("input", { name: "clientOrderId", id: "f-clientOrderId", maxlength: 64 });
  const venues = ["raydium", "meteora"].map((dex) =>
    h("input", { type: "checkbox", name: "venues", value: dex, id: `f-${dex}`, checked: true }),
  );
  const faults = new Map();

  function turnRound() {
    [tokenIn.value, tokenOut.value] = [tokenOut.value, tokenIn.value];
    tokenIn.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** What the type means, and the fields that it needs. Slippage is the type's own until somebody types one. */
  function showType() {
    const [value, , sentence] = TYPES.find(([name]) => name === orderType.value);
    setText(meaning, sentence);
    const [hasToWait, buys] = [waits(value), buysExactly(value)];
    whenWaiting.hidden = !waitsForPrice(value);
    whenBuying.hidden = !buys;
    pay.disabled = buys;
    minAmountOut.disabled = buys;
    whenTrailing.hidden = !trails(value);
    setText(priceLabel, trails(value) ? "Trail from this price on (optional)" : "Price, of one sold");
    whenSniping.hidden = value !== "sniper";
    inGroup.hidden = !hasToWait;
    valueOfTrigger.hidden = TRIGGERS[triggerCondition.value] === null;
    if (hasToWait && slippage.value === "0.5") slippage.value = "";
    if (!hasToWait && slippage.value === "") slippage.value = "0.5";
  }

  function field(name, label, control) {
    const fault = h("p", { class: "fault", id: `f-${name}-fault`, hidden: true });
    faults.set(name, { fault, control });
    return h("div", { class: "field" }, h("label", { for: `f-${name}` }, label), control, fault);
  }

  /** The amount with its token beside it, and the way to exchange the two tokens. */
  function sellField() {
    const fault = h("p", { class: "fault", id: "f-amount-fault", hidden: true });
    const tokenFault = h("p", { class: "fault", id: "f-tokenIn-fault", hidden: true });
    faults.set("amount", { fault, control: pay });
    faults.set("tokenIn", { fault: tokenFault, control: tokenIn });
    const line = h("div", { class: "label-line" }, h("label", { for: pay.id }, "Sell"), swap);
    return h("div", { class: "field" }, line, h("div", { class: "joined" }, pay, tokenIn), fault, tokenFault);
  }

  const venueFault = h("p", { class: "fault", id: "f-venues-fault", hidden: true });
  faults.set("venues", { fault: venueFault, control: venues[0] });
  const hiddenField = (...parts) => h("div", { hidden: true }, field(...parts));
  const whenWaiting = hiddenField("price", "Price, of one sold", price);
  const valueOfTrigger = hiddenField("triggerValue", "Of", triggerValue);
  const whenSniping = h(
    "div",
    { hidden: true },
    h("div", { class: "pair" }, field("triggerCondition", "Fires when", triggerCondition), valueOfTrigger),
    h(
      "div",
      { class: "pair" },
      field("minLiquidity", "The pool holds, of what is sold", minLiquidity),
      field("maxFee", "It charges at most, %", maxFee),
    ),
    h("label", { class: "check" }, requireRenounced, "Nobody can mint or freeze the token any more"),
  );
  const whenBuying = h(
    "div",
    { class: "pair", hidden: true },
    field("amountOut", "Buy exactly", amountOut),
    field("maxAmountIn", "Pay at most", maxAmountIn),
  );
  const priceLabel = whenWaiting.querySelector("label");
  const whenTrailing = h("div", { hidden: true }, field("trail", "Fires so far below the highest, %", trail));
  const inGroup = hiddenField("ocoGroup", "One of a group", ocoGroup);
  const elements = [
    listed,
    sellField(),
    h(
      "div",
      { class: "pair" },
      field("tokenOut", "Buy", tokenOut),
      field("slippage", "Slippage, %", slippage),
    ),
    field("orderType", "Type", orderType),
    meaning,
    whenTrailing,
    whenWaiting,
    whenBuying,
    warning,
    whenSniping,
    inGroup,
    h(
      "details",
      {},
      h("summary", {}, "More"),
      h(
        "div",
        { class: "more" },
        field("minAmountOut", "Receive at least", minAmountOut),
        field("validForSeconds", "Valid for, seconds", validFor),
        field("feeLevel", "Network fee", feeLevel),
        field("maxPriceImpact", "Move the price at most, %", maxPriceImpact),
        field("wallet", "Wallet that pays", wallet),
        field("clientOrderId", "Your own name for it", clientOrderId),
        h(
          "fieldset",
          {},
          h("legend", {}, "Venues"),
          venues.map((box) =>
            h("label", { class: "check" }, box, box.value === "raydium" ? "Raydium" : "Meteora"),
          ),
          venueFault,
        ),
      ),
    ),
  ];

  showType();
  return {
    elements,
    read: () => ({
      orderType: orderType.value,
      price: price.value.trim(),
      trail: trail.value.trim(),
      triggerCondition: triggerCondition.value,
      triggerValue: triggerValue.value.trim(),
      minLiquidity: minLiquidity.value.trim(),
      maxFee: maxFee.value.trim(),
      requireRenounced: requireRenounced.checked,
      ocoGroup: ocoGroup.value.trim(),
      amount: pay.value.trim(),
      amountOut: amountOut.value.trim(),
      maxAmountIn: maxAmountIn.value.trim(),
      tokenIn: tokenIn.value.trim(),
      tokenOut: tokenOut.value.trim(),
      slippage: slippage.value.trim(),
      minAmountOut: minAmountOut.value.trim(),
      validForSeconds: validFor.value.trim(),
      feeLevel: feeLevel.value,
      maxPriceImpact: maxPriceImpact.value.trim(),
      wallet: wallet.value.trim(),
      clientOrderId: clientOrderId.value.trim(),
      venues: venues.filter((box) => box.checked).map((box) => box.value),
      isRestricted: venues.some((box) => !box.checked),
    }),
    showFault(name, text) {
      const entry = faults.get(name);
      if (!entry) return;
      entry.fault.hidden = text === null;
      setText(entry.fault, text ?? "");
      setAttribute(entry.control, "aria-invalid", text === null ? null : "true");
      setAttribute(entry.control, "aria-describedby", text === null ? null : entry.fault.id);
    },
    warn(text) {
      warning.hidden = text === null;
      setText(warning, text ?? "");
    },
    focusFirst(name) {
      const entry = faults.get(name);
      const closed = entry?.control.closest("details:not([open])");
      if (closed) closed.open = true;
      entry?.control.focus();
    },
    /** A name can be used once. */
    clearOnce() {
      clientOrderId.value = "";
    },
  };
}
