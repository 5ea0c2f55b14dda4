// The books: what the trades earned, what is held and what it cost, and what wallets took in and gave away.

import { get, getFile } from "./api.js";
import { barChart } from "./bar-chart.js";
import { sum } from "./decimal.js";
import { h, setText } from "./dom.js";
import { broken, nothing } from "./empty.js";
import { amount, count, shortHash, signedAmount, sol, tokenName } from "./format.js";

const EVERY_MS = 10_000;
/** While not everything is counted. */
const SOON_MS = 500;
/** Days that are shown until more are asked for. */
const DAYS_SHOWN = 50;

export const title = "Books";

export function show(main) {
  const verdict = h("p", { class: "execution-verdict", role: "status" });
  const note = h("p", { class: "muted" });
  const place = h("div", { class: "books" });
  const download = h("button", { type: "button", on: { click: save } }, "Fills as CSV");
  const panels = [earnings(), positionsPanel(), daysPanel(), walletsPanel()];
  let timer = 0;
  let closed = false;
  let last = "";

  async function read() {
    clearTimeout(timer);
    let isComplete = true;
    try {
      const answer = await get("/api/books");
      if (closed) return;
      isComplete = answer.complete;
      const text = JSON.stringify(answer);
      if (text !== last) draw(answer);
      last = text;
    } catch (problem) {
      if (closed) return;
      last = "";
      setText(verdict, "");
      setText(note, "");
      place.replaceChildren(broken(problem, read));
    }
    timer = setTimeout(again, isComplete ? EVERY_MS : SOON_MS);
  }

  function again() {
    if (document.hidden) timer = setTimeout(again, EVERY_MS);
    else read();
  }

  function draw(answer) {
    const said = verdictOf(answer);
    setText(verdict, said.verdict);
    setText(note, said.note);
    if (answer.positions.length === 0) {
      place.replaceChildren();
      return;
    }
    panels.forEach((panel) => panel.draw(answer));
    if (place.firstChild !== panels[0].element) place.replaceChildren(...panels.map(({ element }) => element));
  }

  async function save() {
    setText(download, "Loading…");
    download.disabled = true;
    try {
      const text = await getFile("/api/fills", {}, "text/csv");
      const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      h("a", { href: url, download: "fills.csv" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 0);
      setText(download, "Fills as CSV");
    } catch (problem) {
      setText(download, `Not loaded: ${problem.message}`);
    }
    download.disabled = false;
  }

  main.append(
    h("h1", { tabindex: "-1" }, title),
    h(
      "section",
      { class: "panel", "aria-labelledby": "earned-title" },
      h("header", { class: "panel-head" }, h("h2", { id: "earned-title" }, "What did the trades earn?"), download),
      h("div", { class: "panel-body" }, verdict, note),
    ),
    place,
  );
  read();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
    refresh: read,
  };
}

/** The answer to the page's question. */
export function verdictOf({ positions, fills, complete, upTo, leftOut }) {
  if (positions.length === 0) return { verdict: "Nothing was traded yet.", note: "" };
  const earned = byQuote(positions).map(([quote, of]) => `${signedAmount(realised(of))} ${tokenName(quote)}`);
  const total = (name) => positions.reduce((all, { figures }) => all + figures[name], 0);
  const fees = total("feeLamports") + total("rolledBackFeeLamports");
  const notes = [
    `Sales of what was bought, at its average cost. Apart from that: ${sol(fees)} SOL in fees, ` +
      `${sol(Math.max(0, total("rentPaidLamports") - total("rentReturnedLamports")))} SOL of rent in accounts.`,
    `${count(fills)} ${fills === 1 ? "fill" : "fills"}.`,
  ];
  if (!complete) notes.push(`Not everything is counted yet: up to ${upTo}.`);
  if (leftOut > 0) notes.push(`${count(leftOut)} transactions of further pairs are not counted.`);
  return { verdict: `${earned.join(", ")} realised.`, note: notes.join(" ") };
}

const realised = (views) => sum(views.map(({ figures }) => figures.realised));

/** What is counted in the same token, by its name. */
function byQuote(views) {
  const groups = new Map();
  for (const view of views) {
    const { quote } = view.pair;
    groups.set(quote, [...(groups.get(quote) ?? []), view]);
  }
  return [...groups];
}

const pairName = ({ token, quote }) => `${tokenName(token)}/${tokenName(quote)}`;
const pairTitle = ({ tokenMint, quoteMint, usualQuote }) =>
  usualQuote ? `${tokenMint} / ${quoteMint}` : `${tokenMint} / ${quoteMint}: neither is USDC, USDT or SOL`;
const walletName = (wallet) => (wallet === null ? "not named" : shortHash(wallet));

function earnings() {
  const quotes = h("select", { id: "quote", on: { change: redraw } });
  const chart = barChart(describe);
  let days = [];

  function redraw() {
    const of = days.filter(({ pair }) => pair.quote === quotes.value);
    const dates = [...new Set(of.map(({ day }) => day))].sort();
    chart.draw(
      dates.map((name) => {
        const earned = realised(of.filter(({ day }) => day === name));
        // For the height of a bar alone.
        return { name, text: `${signedAmount(earned)} ${tokenName(quotes.value)}`, value: Number(earned) };
      }),
    );
  }

  function describe(bars) {
    if (bars.length === 0) return "Realised by day: nothing yet";
    const { name, text } = bars.at(-1);
    const span = bars.length === 1 ? "1 day" : `${count(bars.length)} days`;
    return `Realised by day, over ${span}; last on ${name}: ${text}`;
  }

  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": "by-day-title" },
      h(
        "header",
        { class: "panel-head" },
        h("h2", { id: "by-day-title" }, "Realised by day"),
        h("label", { class: "filter", for: "quote" }, "Counted in", quotes),
      ),
      h("div", { class: "panel-body" }, chart.element),
    ),
    draw(answer) {
      ({ days } = answer);
      const names = byQuote(answer.positions).map(([quote]) => quote);
      const chosen = names.includes(quotes.value) ? quotes.value : names[0];
      quotes.replaceChildren(
        ...names.map((name) => h("option", { value: name, selected: name === chosen }, tokenName(name))),
      );
      redraw();
    },
  };
}

/** A panel with a table: `columns` are `[name, print, title]`, the first one heads its row. */
function tablePanel({ id, name, columns, note = null, cut = Infinity }) {
  const body = h("tbody");
  const more = h("button", { type: "button", hidden: true, on: { click: showAll } }, "Show all");
  let [all, limit] = [[], cut];

  function showAll() {
    limit = Infinity;
    fill();
  }

  function fill() {
    body.replaceChildren(...all.slice(0, limit).map(row));
    more.hidden = all.length <= limit;
  }

  function row(view) {
    return h(
      "tr",
      {},
      columns.map(([, print, titleOf], index) => {
        const title = titleOf?.(view) ?? null;
        return index === 0
          ? h("th", { scope: "row", title }, print(view))
          : h("td", { class: "number", title }, print(view));
      }),
    );
  }

  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": id },
      h("h2", { id }, name),
      note && h("p", { class: "panel-note muted" }, note),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": `${name}: the table` },
        h(
          "table",
          { class: "kinds", id: `${id}-table` },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              columns.map(([column], index) =>
                h("th", { scope: "col", class: index === 0 ? null : "number" }, column),
              ),
            ),
          ),
          body,
        ),
      ),
      h("div", { class: "pages" }, more),
    ),
    draw(views) {
      all = views;
      fill();
    },
  };
}

const exact = (name) => [({ figures }) => amount(figures[name]), ({ figures }) => figures[name]];
const feesOf = ({ figures }) => sol(figures.feeLamports + figures.rolledBackFeeLamports);
const rentOf = ({ figures }) => sol(Math.max(0, figures.rentPaidLamports - figures.rentReturnedLamports));
const earnedOf = [
  ({ figures, pair }) => `${signedAmount(figures.realised)} ${tokenName(pair.quote)}`,
  ({ figures }) => figures.realised,
];

function positionsPanel() {
  const panel = tablePanel({
    id: "positions",
    name: "Positions",
    note: "Each is counted in the other token of its own trades. What was sold without a cost came from outside the engine, or was bought for another token: nothing is earned with it.",
    columns: [
      ["Pair", ({ pair }) => pairName(pair), ({ pair }) => pairTitle(pair)],
      ["Wallet", ({ wallet }) => walletName(wallet), ({ wallet }) => wallet],
      ["Fills", ({ figures }) => count(figures.fills)],
      ["Held", ({ held }) => amount(held), ({ held }) => held],
      ["Average cost", ({ averageCost }) => amount(averageCost), ({ averageCost }) => averageCost],
      ["Cost of held", ({ costOfHeld }) => amount(costOfHeld), ({ costOfHeld }) => costOfHeld],
      ["Realised", ...earnedOf],
      ["Sold without cost", ...exact("soldWithoutCost")],
      ["Fees, SOL", feesOf],
      ["Rent, SOL", rentOf],
    ],
  });
  return { element: panel.element, draw: ({ positions }) => panel.draw(positions) };
}

function daysPanel() {
  const panel = tablePanel({
    id: "days",
    name: "Day by day, in UTC",
    cut: DAYS_SHOWN,
    columns: [
      ["Day", ({ day }) => day],
      ["Pair", ({ pair }) => pairName(pair), ({ pair }) => pairTitle(pair)],
      ["Wallet", ({ wallet }) => walletName(wallet), ({ wallet }) => wallet],
      ["Fills", ({ figures }) => count(figures.fills)],
      ["Bought", ...exact("bought")],
      ["Cost", ...exact("cost")],
      ["Sold", ...exact("sold")],
      ["Proceeds", ...exact("proceeds")],
      ["Realised", ...earnedOf],
      ["Rolled back", ({ figures }) => count(figures.rolledBack)],
      ["Fees, SOL", feesOf],
    ],
  });
  return { element: panel.element, draw: ({ days }) => panel.draw(days) };
}

function walletsPanel() {
  const element = h("div", { class: "books" });

  function draw({ wallets }) {
    element.replaceChildren(
      ...wallets.map(({ wallet, tokens }, index) => {
        const panel = tablePanel({
          id: `wallet-${index}`,
          name: `Wallet ${walletName(wallet)}`,
          note: "Outside is what the wallet holds that did not come by the engine's transactions: it was there before them, or others paid it in or out.",
          columns: [
            ["Token", ({ token }) => tokenName(token), ({ mint }) => mint],
            ...["received", "spent", "leftOver", "fees"].map(plain),
            ["Rent", ({ rentPaid, rentReturned }) => signedAmount(sum([rentReturned, `-${rentPaid}`]))],
            ["Net", ({ net }) => signedAmount(net), ({ net }) => net],
            ["Held", ({ held }) => amount(held), ({ held }) => held],
            ["Outside", ({ outside }) => (outside === null ? "–" : signedAmount(outside)), ({ outside }) => outside],
          ],
        });
        panel.draw(tokens);
        return panel.element;
      }),
    );
    if (wallets.length === 0) element.replaceChildren(nothing("No wallet has traded."));
  }

  return { element, draw };
}

const HEADINGS = { received: "Received", spent: "Spent", leftOver: "Left over", fees: "Fees" };
const plain = (name) => [HEADINGS[name], (flow) => amount(flow[name]), (flow) => flow[name]];
