// Bars for days, above and below a line: how much was earned or lost in each. The table beneath tells the exact amounts.

import { h, setAttribute, setText, svg } from "./dom.js";

const WIDTH = 720;
const HEIGHT = 120;
/** Of a bar's place, what the bar takes. */
const FILLED = 0.72;
/** More days than that are too narrow to be told apart. */
const BARS_MAX = 120;

/** `draw(bars)` shows `[{ name, text, value }]`, the oldest first; `describe(bars)` says the same in words. */
export function barChart(describe) {
  const bars = svg("g");
  const line = svg("line", { class: "chart-base", x1: 0, x2: WIDTH });
  const picture = svg(
    "svg",
    { class: "chart bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    bars,
    line,
  );
  const [first, reading, last] = [h("span"), h("span", { class: "chart-reading" }), h("span")];
  const element = h(
    "div",
    { class: "chart-frame" },
    picture,
    h("div", { class: "chart-legend", "aria-hidden": "true" }, first, reading, last),
  );
  let shown = [];

  function draw(all) {
    shown = all.slice(-BARS_MAX);
    const [most, least] = [Math.max(0, ...shown.map(valueOf)), Math.min(0, ...shown.map(valueOf))];
    const scale = most - least || 1;
    const y = (value) => ((most - value) / scale) * (HEIGHT - 4) + 2;
    const step = WIDTH / Math.max(shown.length, 8);
    bars.replaceChildren(
      ...shown.map(({ value }, place) =>
        svg("rect", {
          class: value < 0 ? "bar-loss" : "bar-gain",
          x: (place * step + (step * (1 - FILLED)) / 2).toFixed(1),
          y: Math.min(y(0), y(value)).toFixed(1),
          width: (step * FILLED).toFixed(1),
          height: Math.max(1, Math.abs(y(value) - y(0))).toFixed(1),
        }),
      ),
    );
    setAttribute(line, "y1", y(0).toFixed(1));
    setAttribute(line, "y2", y(0).toFixed(1));
    setText(first, shown[0]?.name ?? "");
    setText(last, shown.length > 1 ? shown.at(-1).name : "");
    setText(reading, "");
    setAttribute(picture, "aria-label", describe(shown));
  }

  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * Math.max(shown.length, 8));
    const bar = shown[place];
    setText(reading, bar ? `${bar.name}  ${bar.text}` : "");
  });
  picture.addEventListener("pointerleave", () => setText(reading, ""));
  return { element, draw };
}

const valueOf = ({ value }) => value;
