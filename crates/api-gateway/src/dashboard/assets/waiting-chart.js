// The price of an order that waits against the one that fires it, since its page was opened.

import { h, setAttribute, setText, svg } from "./dom.js";
import { amount, percent } from "./format.js";

const WIDTH = 320;
const HEIGHT = 72;
const EDGE = 4;
/** Some ten minutes of looks. */
const SAMPLES_MAX = 300;

/** `take(waiting)` adds what an order's answer says; `element` shows it. */
export function waitingChart() {
  const price = svg("path", { class: "chart-line line-0" });
  const trigger = svg("path", { class: "chart-line line-1" });
  const picture = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    trigger,
    price,
  );
  const words = h("p", { class: "muted", "data-chart": "waiting" });
  const element = h(
    "section",
    { class: "panel", "aria-label": "Price against trigger", hidden: true },
    h("h2", {}, "Price against trigger"),
    h("div", { class: "panel-body" }, h("div", { class: "chart-frame" }, picture), words),
  );
  const samples = [];

  function take(waiting) {
    const isKnown = waiting?.for === "price" && waiting.best !== undefined && waiting.price !== undefined;
    element.hidden = !isKnown;
    if (!isKnown) return;
    if (samples.at(-1)?.checkedAt !== waiting.checkedAt) samples.push(waiting);
    if (samples.length > SAMPLES_MAX) samples.shift();
    draw();
  }

  function draw() {
    // Only a picture: nothing is decided by these.
    const values = samples.map((sample) => [Number(sample.best), Number(sample.price)]);
    const all = values.flat();
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const span = most - least || most || 1;
    const times = samples.map((sample) => Date.parse(sample.checkedAt));
    const length = times.at(-1) - times[0] || 1;
    const x = (index) => (samples.length === 1 ? WIDTH : ((times[index] - times[0]) / length) * WIDTH);
    const y = (value) => HEIGHT - EDGE - ((value - least) / span) * (HEIGHT - 2 * EDGE);
    const path = (of) => {
      const points = values.map((pair, index) => `${x(index).toFixed(1)},${y(pair[of]).toFixed(1)}`);
      return `M0,${y(values[0][of]).toFixed(1)}L${points.join("L")}`;
    };
    setAttribute(price, "d", path(0));
    setAttribute(trigger, "d", path(1));
    const last = samples.at(-1);
    const side = last.condition === "at_or_above" ? "at or above" : "at or below";
    const away = last.distanceBps > 0 ? `${percent(last.distanceBps / 10_000)} away` : "there";
    const text = `━ now ${amount(last.best)}   ┅ fires ${side} ${amount(last.price)}, ${away}`;
    setText(words, text);
    setAttribute(picture, "aria-label", `Price against trigger: ${text}`);
  }

  return { element, take };
}
