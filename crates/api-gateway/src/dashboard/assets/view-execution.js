// Execution quality: whether orders got what they were quoted, then by which kind of pool, how often and how fast.

import { get } from "./api.js";
import { h, setText } from "./dom.js";
import { broken } from "./empty.js";
import { amount, count, duration, percent, signedBps, sol, venueAndPool } from "./format.js";

/** The engine reads anew no more often. */
const EVERY_MS = 5_000;
const SPANS = [
  { minutes: 15, name: "15 minutes" },
  { minutes: 60, name: "hour" },
  { minutes: 1_440, name: "day" },
  { minutes: 10_080, name: "week" },
];

export const title = "Execution quality";

export function show(main) {
  const span = h(
    "select",
    { id: "span", on: { change: read } },
    SPANS.map(({ minutes, name }) => h("option", { value: minutes, selected: minutes === 60 }, name)),
  );
  const verdict = h("p", { class: "execution-verdict", role: "status" });
  const note = h("p", { class: "muted" });
  const place = h("div");
  const [numbers, kinds] = [tiles(), kindsPanel()];
  let timer = 0;
  let closed = false;

  async function read() {
    clearTimeout(timer);
    const minutes = span.value;
    try {
      const answer = await get("/api/stats/execution", { minutes });
      if (closed || minutes !== span.value) return;
      draw(answer);
    } catch (problem) {
      if (closed) return;
      setText(verdict, "");
      setText(note, "");
      place.replaceChildren(broken(problem, read));
    }
    timer = setTimeout(again, EVERY_MS);
  }

  function again() {
    if (document.hidden) timer = setTimeout(again, EVERY_MS);
    else read();
  }

  function draw(answer) {
    const said = verdictOf(answer.total);
    setText(verdict, said.verdict);
    setText(note, [said.note, coverage(answer)].filter(Boolean).join(" "));
    numbers.draw(answer.total);
    kinds.draw(answer.kinds);
    if (place.firstChild !== numbers.element) place.replaceChildren(numbers.element, kinds.element);
  }

  main.append(
    h("h1", { tabindex: "-1" }, title),
    h(
      "section",
      { class: "panel", "aria-labelledby": "verdict-title" },
      h(
        "header",
        { class: "panel-head" },
        h("h2", { id: "verdict-title" }, "Did orders get what they were quoted?"),
        h("label", { class: "filter", for: "span" }, "Accepted in the last", span),
      ),
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
export function verdictOf({ fills, sent, againstQuoted, improved, improvementBps }) {
  if (againstQuoted === null) {
    const verdict = sent > 0 ? "Nothing was filled yet." : "Nothing was sent yet.";
    return { verdict, note: "" };
  }
  const { meanBps, p95Bps } = againstQuoted;
  const verdict =
    meanBps === 0
      ? "Yes: on average fills paid what was quoted."
      : meanBps > 0
        ? `Yes: on average fills paid ${meanBps} bp more than quoted.`
        : `Nearly: on average fills paid ${-meanBps} bp less than quoted.`;
  const worst = p95Bps < 0 ? `lost ${-p95Bps} bp or less` : "paid the quote or more";
  const better =
    improved > 0 ? ` ${count(improved)} of ${count(fills)} paid more, by ${improvementBps} bp on average.` : "";
  return { verdict, note: `95 of 100 ${worst}.${better}` };
}

function coverage({ orders, complete }) {
  if (!complete) return `The newest ${count(orders)} orders; there were more.`;
  return orders === 1 ? "1 order." : `${count(orders)} orders.`;
}

const TILES = [
  [
    "Filled",
    ({ fillRateBps }) => share(fillRateBps),
    ({ fills, sent }) => `${count(fills)} of ${count(sent)} transactions`,
  ],
  [
    "Rolled back",
    ({ revertRateBps }) => share(revertRateBps),
    ({ reverts }) => `${count(reverts)} landed and failed`,
  ],
  [
    "Time to land",
    ({ landingMs }) => timeOf(landingMs.p50),
    ({ landingMs: { p99 } }) => (p99 === null ? "from stored to confirmed" : `median; p99 ${duration(p99)}`),
  ],
  [
    "Against the best single pool",
    ({ againstBestSingle }) => (againstBestSingle === null ? "–" : signedBps(againstBestSingle.meanBps)),
    ({ feeLamports }) => `on average; ${sol(feeLamports)} SOL in fees`,
  ],
];

const share = (bps) => (bps === null ? "–" : percent(bps / 10_000));
const withShare = (number, bps) => (bps === null ? count(number) : `${count(number)} (${share(bps)})`);
const timeOf = (ms) => (ms === null ? "–" : duration(ms));

function tiles() {
  const all = TILES.map(([name, value, note]) => {
    const parts = [h("p", { class: "tile-value" }), h("p", { class: "tile-note muted" })];
    return {
      element: h("section", { class: "panel tile", "aria-label": name }, h("h2", {}, name), parts),
      draw(total) {
        setText(parts[0], value(total));
        setText(parts[1], note(total));
      },
    };
  });
  return {
    element: h("div", { class: "tiles execution-tiles" }, all.map(({ element }) => element)),
    draw: (total) => all.forEach((tile) => tile.draw(total)),
  };
}

const COLUMNS = [
  ["Offers", ({ quotes }) => count(quotes)],
  ["Chosen", ({ wins }) => count(wins)],
  ["Filled", ({ fills, fillRateBps }) => withShare(fills, fillRateBps)],
  ["Rolled back", ({ reverts, revertRateBps }) => withShare(reverts, revertRateBps)],
  ["Against quote", ({ againstQuoted }) => (againstQuoted === null ? "–" : signedBps(againstQuoted.meanBps))],
  ["95 of 100", ({ againstQuoted }) => (againstQuoted === null ? "–" : signedBps(againstQuoted.p95Bps))],
  ["Paid more", ({ improved, improvementBps }) => (improved === 0 ? "–" : `${count(improved)} (${signedBps(improvementBps)})`)],
  ["Landed in", ({ landingMs }) => timeOf(landingMs.p50)],
  ["p99", ({ landingMs }) => timeOf(landingMs.p99)],
  ["Fees, SOL", ({ feeLamports }) => sol(feeLamports)],
];

function kindsPanel() {
  const body = h("tbody");
  const rows = new Map();
  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": "kinds-title" },
      h("h2", { id: "kinds-title" }, "By kind of pool"),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "The numbers of each kind" },
        h(
          "table",
          { class: "kinds" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "Pool"),
              COLUMNS.map(([name]) => h("th", { scope: "col", class: "number" }, name)),
            ),
          ),
          body,
        ),
      ),
    ),
    draw(kinds) {
      for (const kind of kinds) {
        if (!rows.has(kind.pool)) {
          rows.set(kind.pool, kindRow(kind));
          body.append(rows.get(kind.pool).element);
        }
        rows.get(kind.pool).draw(kind);
      }
    },
  };
}

function kindRow({ dex, pool }) {
  const cells = COLUMNS.map(() => h("td", { class: "number" }));
  return {
    element: h("tr", { "data-pool": pool }, h("th", { scope: "row" }, venueAndPool(dex, pool)), cells),
    draw: (kind) => COLUMNS.forEach(([, print], index) => setText(cells[index], print(kind))),
  };
}
