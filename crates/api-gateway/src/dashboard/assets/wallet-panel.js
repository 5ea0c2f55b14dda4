// The wallet that trades: what it holds, what it may spend, and how much of that is used.

import { adminGet } from "./api.js";
import { h } from "./dom.js";
import { amount, tokenName } from "./format.js";
import { facts } from "./order-facts.js";

const LAMPORTS_PER_SOL = 1_000_000_000;

/** `read()` asks for it; a gateway that knows of no wallet shows no panel. */
export function walletPanel() {
  const body = h("div", { class: "panel-body" });
  const element = h(
    "section",
    { class: "panel", "aria-label": "Wallet", hidden: true },
    h("h2", {}, "Wallet"),
    body,
  );
  return {
    element,
    async read() {
      try {
        draw(await adminGet("/api/wallet"));
      } catch (problem) {
        if (problem.status !== 404) throw problem;
        element.hidden = true;
      }
    },
  };

  function draw(wallet) {
    const shown = h("div", {}, holdings(wallet), limits(wallet.limits));
    element.hidden = false;
    if (!body.firstChild?.isEqualNode(shown)) body.replaceChildren(shown);
  }
}

function holdings({ address, cluster, mode, lamports, tokens, trading }) {
  return facts([
    ["Address", h("span", { class: "mono", title: address }, tokenName(address))],
    ["Cluster", `${cluster} (${mode})`],
    ["Trading", trading],
    ["SOL", amount(String(lamports / LAMPORTS_PER_SOL))],
    ...tokens.map(({ symbol, mint, amount: held }) => [tokenName(symbol ?? mint), amount(held)]),
  ]);
}

function limits(all) {
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
