// The overview: how much, how fast, how well, where orders are, who works, and what came last.

import { chart } from "./chart.js";
import { h, perFrame, setAttribute, setText } from "./dom.js";
import { count, duration, percent, rate } from "./format.js";
import { liveTable } from "./live-table.js";
import { stats } from "./stats.js";
import { LIFE, STATUSES, statusIcon } from "./status.js";
import { workerCards } from "./workers.js";

const LATEST = 10;
const ENDS = ["failed", "cancelled", "expired"];

export const title = "Overview";

export function show(main) {
  const tiles = [throughputTile(), latencyTile(), successTile(), queueTile()];
  const pipeline = pipelineStrip();
  const workers = workerCards();
  const slots = chart({
    title: "Busy slots",
    lines: [{ name: "busy", of: (sample) => sample.running }],
    print: count,
  });
  const latest = liveTable({ caption: "Latest orders", filter: {}, limit: LATEST });

  const frame = perFrame(() => {
    const { latest: now, samples } = stats.get();
    for (const tile of tiles) tile.draw(now, samples);
    slots.draw(samples);
    if (now === null) return;
    pipeline.draw(now.byStatus);
    workers.draw(now.workers);
  });

  main.append(
    h("h1", { tabindex: "-1" }, "Overview"),
    h(
      "div",
      { class: "tiles" },
      tiles.map(({ element }) => element),
    ),
    h("section", { class: "panel", "aria-label": "Orders by status" }, pipeline.element),
    h(
      "div",
      { class: "overview-screen" },
      h(
        "section",
        { class: "panel", "aria-labelledby": "latest-title" },
        h(
          "header",
          { class: "panel-head" },
          h("h2", { id: "latest-title" }, "Latest orders"),
          h("a", { href: "#/orders" }, "All orders"),
        ),
        latest.element,
      ),
      h(
        "section",
        { class: "panel", "aria-labelledby": "workers-title" },
        h("h2", { id: "workers-title" }, "Workers"),
        h("div", { class: "panel-body" }, slots.element, workers.element),
      ),
    ),
  );
  frame.ask();
  const end = stats.subscribe(frame.ask);
  return {
    close() {
      end();
      frame.cancel();
      latest.close();
    },
    refresh: latest.read,
  };
}

/** A number, what it means, and its chart. */
function tile({ name, lines, print, least, ceiling, read }) {
  const value = h("p", { class: "tile-value" }, "–");
  const note = h("p", { class: "tile-note muted" }, " ");
  const picture = chart({ title: name, lines, print, least, ceiling });
  return {
    element: h(
      "section",
      { class: "panel tile", "aria-label": name },
      h("h2", {}, name),
      value,
      note,
      picture.element,
    ),
    draw(now, samples) {
      picture.draw(samples);
      if (now === null) return;
      const shown = read(now, samples.at(-1));
      setText(value, shown.value);
      setText(note, shown.note);
    },
  };
}

function throughputTile() {
  return tile({
    name: "Throughput",
    lines: [{ name: "orders per second", of: (sample) => sample.rate }],
    print: (value) => `${rate(value)}/s`,
    read: ({ throughput }, sample) => ({
      value: sample.rate === null ? "–" : `${rate(sample.rate)}/s`,
      note: `${count(throughput.lastMinute)} ended in the last minute`,
    }),
  });
}

function latencyTile() {
  return tile({
    name: "Latency",
    lines: [
      { name: "p99", of: (sample) => sample.p99 },
      { name: "p50", of: (sample) => sample.p50 },
    ],
    print: duration,
    read: ({ latencyMs: { p50, p99 } }) => ({
      value: p50 === null ? "–" : duration(p50),
      note: p99 === null ? "accepted to confirmed" : `median; p99 ${duration(p99)}`,
    }),
  });
}

function successTile() {
  return tile({
    name: "Success",
    lines: [{ name: "confirmed", of: (sample) => sample.success }],
    print: percent,
    ceiling: 1,
    read: ({ byStatus: { confirmed, failed } }) => ({
      value: confirmed + failed > 0 ? percent(confirmed / (confirmed + failed)) : "–",
      note: `${count(confirmed)} confirmed, ${count(failed)} failed`,
    }),
  });
}

function queueTile() {
  return tile({
    name: "Queue",
    lines: [{ name: "waiting", of: (sample) => sample.waiting }],
    print: count,
    least: 10,
    read: ({ queue: { waiting, delayed, oldestMs } }) => ({
      value: count(waiting),
      note:
        waiting > 0
          ? `waiting, oldest ${duration(oldestMs)}; ${count(delayed)} delayed`
          : `waiting; ${count(delayed)} delayed`,
    }),
  });
}

/** Where all orders are, from left to right; each leads to its list. */
function pipelineStrip() {
  const numbers = new Map();
  const step = (status) => {
    const number = h("strong", {}, "–");
    numbers.set(status, number);
    const link = h(
      "a",
      { href: `#/orders?status=${status}`, "data-status": status },
      number,
      h("span", {}, statusIcon(status), status),
    );
    return h("li", {}, link);
  };
  const element = h(
    "div",
    { class: "pipeline" },
    h("ol", { class: "pipeline-life", "aria-label": "On their way" }, LIFE.map(step)),
    h("ul", { class: "pipeline-ends", "aria-label": "Other ends" }, ENDS.map(step)),
  );
  return {
    element,
    draw(byStatus) {
      for (const status of STATUSES) {
        const number = numbers.get(status);
        setText(number, count(byStatus[status]));
        setAttribute(number.parentElement, "data-none", byStatus[status] === 0 ? "yes" : null);
      }
    },
  };
}
