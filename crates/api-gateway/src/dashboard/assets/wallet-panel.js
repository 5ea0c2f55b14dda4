// The wallets that trade: what the chosen one holds, what it may spend, and how much of that is used.

import { adminGet } from "./api.js";
import { copyButton } from "./copy.js";
import { h, setText } from "./dom.js";
import { amount, tokenName } from "./format.js";
import { facts } from "./order-facts.js";
import { walletComparison } from "./wallet-compare.js";

const LAMPORT_DECIMALS = 9;

/**
 * `read()` shows the chosen wallet: the engine's first until another one is chosen. A gateway that knows of none shows no
 * panel.
 */
export function walletPanel() {
  const chooser = h("select", { id: "wallet-choice", "aria-label": "Wallet", on: { change: choose } });
  const comparison = walletComparison(() => chooser.value);
  const numbers = h("div", { class: "queue-numbers" });
  const note = h("p", { class: "empty", hidden: true });
  let names = "";
  chooser.hidden = true;

  function choose() {
    comparison.forget();
    read();
  }

  async function read() {
    const asked = chooser.value;
    let wallet;
    try {
      wallet = await adminGet("/api/wallet", { wallet: asked });
    } catch (problem) {
      element.hidden = problem.status === 404 && asked === "";
      say(problem.message);
      return;
    }
    // Another one was chosen meanwhile.
    if (chooser.value !== asked) return;
    offer(wallet);
    draw(wallet);
  }

  /** One wallet needs no choice. */
  function offer({ wallets = [], name }) {
    const next = wallets.map((one) => one.name).join();
    if (next === names) return;
    names = next;
    chooser.replaceChildren(...wallets.map((one) => h("option", { value: one.name }, one.name)));
    if (name) chooser.value = name;
    chooser.hidden = wallets.length === 0;
  }

  function draw({ address, cluster, mode, lamports, tokens, limits, trading, name, wallets = [] }) {
    const own = wallets.find((one) => one.name === name);
    const held = facts([
      ["Address", h("span", { class: "mono" }, address, copyButton(address, "address"))],
      ["Cluster", `${cluster} (${mode})`],
      ["Trading", trading],
      ["SOL", amount(sol(lamports))],
      ...tokens.map(({ symbol, mint, amount: units }) => [tokenName(symbol ?? mint), amount(units)]),
    ]);
    const shown = h("div", {}, held, spending(limits));
    element.hidden = false;
    if (!numbers.firstChild?.isEqualNode(shown)) numbers.replaceChildren(shown);
    say(own?.live === false ? "No live worker has the key of this wallet: its orders wait." : null);
  }

  function say(text) {
    note.hidden = text === null;
    setText(note, text ?? "");
  }

  const element = h(
    "section",
    { class: "panel", "aria-label": "Wallet", hidden: true },
    h("header", { class: "panel-head" }, h("h2", {}, "Wallet"), chooser),
    h("div", { class: "panel-body" }, note, numbers, comparison.element),
  );
  return { element, read };
}

/** Lamports as SOL, exactly. */
function sol(lamports) {
  const digits = String(lamports).padStart(LAMPORT_DECIMALS + 1, "0");
  const [whole, part] = [digits.slice(0, -LAMPORT_DECIMALS), digits.slice(-LAMPORT_DECIMALS)];
  return `${whole}.${part}`.replace(/\.?0+$/, "");
}

function spending(all) {
  if (all.length === 0) return h("p", { class: "sub" }, "No limits are set on what orders may spend.");
  return h(
    "table",
    { class: "limits" },
    h("caption", { class: "unseen" }, "What orders may spend"),
    h(
      "thead",
      {},
      h("tr", {}, ...["May spend", "Per", "Limit", "Used"].map((name) => h("th", { scope: "col" }, name))),
    ),
    h("tbody", {}, ...all.map(limit)),
  );
}

function limit({ token, per, limit: most, used }) {
  const share = used === null || Number(most) === 0 ? null : Number(used) / Number(most);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, token === "*" ? "every other token" : tokenName(token)),
    h("td", {}, per),
    h("td", { title: most }, amount(most)),
    h(
      "td",
      { title: used },
      used === null ? "–" : amount(used),
      share === null ? null : h("meter", { min: 0, max: 1, high: 0.9, value: String(share), "aria-label": "Used" }),
    ),
  );
}
