// A small chart of the last minutes: lines over time, a reading under the pointer, words for screen readers.

import { h, setAttribute, setText, svg } from "./dom.js";
import { timeOfDay } from "./format.js";
import { SPAN_MS } from "./stats.js";

/** A page that was just opened shows this much, and more as it gets to know more. */
const LEAST_SPAN_MS = 60_000;

const WIDTH = 320;
const HEIGHT = 72;
/** Room for the stroke at both ends. */
const EDGE = 2;
/** Samples farther apart than this are not joined: nothing is known of the time between. */
const GAP_MS = 4_000;
/** How the lines look, in the legend. */
const STROKES = ["━", "┅"];

/**
 * `lines`: `[{ name, of: sample => number | null }]`, the first one filled; `print` shows a value;
 * `least` keeps the top from below, `ceiling` fixes it. `draw(samples)` shows them.
 */
export function chart({ title, lines, print, least = 1, ceiling = null }) {
  const marks = lines.map((_, index) => ({
    area: svg("path", { class: `chart-area line-${index}` }),
    line: svg("path", { class: `chart-line line-${index}` }),
  }));
  const cursor = svg("line", { class: "chart-cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  const picture = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    svg("line", { class: "chart-base", x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1 }),
    marks.map(({ area, line }, index) => (index === 0 ? [area, line] : [line])).flat(),
    cursor,
  );
  const reach = h("span");
  const top = h("span", { class: "chart-top" });
  const reading = h("span", { class: "chart-reading" });
  const element = h(
    "div",
    { class: "chart-frame" },
    picture,
    h("div", { class: "chart-legend", "aria-hidden": "true" }, reach, reading, top),
  );

  const key = lines.length > 1 ? lines.map(({ name }, index) => `${STROKES[index]} ${name}`).join("   ") : "";
  let shown = [];
  let span = LEAST_SPAN_MS;
  let pointer = null;

  function draw(samples) {
    shown = samples;
    const highest = Math.max(0, ...samples.flatMap((sample) => lines.map(({ of }) => of(sample) ?? 0)));
    const scale = ceiling ?? niceCeiling(Math.max(least, highest));
    const end = samples.at(-1)?.at ?? 0;
    span = Math.min(SPAN_MS, Math.max(LEAST_SPAN_MS, end - (samples[0]?.at ?? 0)));
    const x = (at) => WIDTH - ((end - at) / span) * WIDTH;
    const y = (value) => HEIGHT - EDGE - (Math.min(value, scale) / scale) * (HEIGHT - 2 * EDGE);
    lines.forEach(({ of }, index) => {
      const runs = runsOf(samples, of);
      setAttribute(marks[index].line, "d", runs.map((run) => linePath(run, of, x, y)).join(""));
      if (index === 0) setAttribute(marks[0].area, "d", runs.map((run) => areaPath(run, of, x, y)).join(""));
    });
    setText(
      reach,
      span < 2 * LEAST_SPAN_MS
        ? `last ${Math.round(span / 1_000)} s`
        : `last ${Math.floor(span / 60_000)} min`,
    );
    setText(top, highest > 0 ? `max ${print(scale)}` : "");
    setAttribute(picture, "aria-label", describe(title, lines, print, samples));
    read();
  }

  function read() {
    const sample = pointer === null ? null : nearest(shown, shown.at(-1)?.at - (1 - pointer) * span);
    if (!sample) {
      setAttribute(cursor, "visibility", "hidden");
      setText(reading, key);
      return;
    }
    const at = String(WIDTH - ((shown.at(-1).at - sample.at) / span) * WIDTH);
    setAttribute(cursor, "x1", at);
    setAttribute(cursor, "x2", at);
    setAttribute(cursor, "visibility", "visible");
    const values = lines.map(
      ({ name, of }) => `${lines.length > 1 ? `${name} ` : ""}${printed(print, of(sample))}`,
    );
    setText(reading, `${timeOfDay(sample.at)}  ${values.join("  ")}`);
  }

  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    pointer = (event.clientX - box.left) / box.width;
    read();
  });
  picture.addEventListener("pointerleave", () => {
    pointer = null;
    read();
  });
  return { element, draw };
}

const printed = (print, value) => (value === null ? "–" : print(value));

function describe(title, lines, print, samples) {
  if (samples.length === 0) return `${title}: nothing measured yet`;
  const last = samples.at(-1);
  const parts = lines.map(({ name, of }) => {
    const values = samples.map(of).filter((value) => value !== null);
    if (values.length === 0) return `${name} not measured yet`;
    return `${name} now ${printed(print, of(last))}, highest ${print(Math.max(...values))}`;
  });
  return `${title}, lately: ${parts.join("; ")}`;
}

function nearest(samples, at) {
  if (samples.length === 0) return null;
  return samples.reduce((best, sample) =>
    Math.abs(sample.at - at) < Math.abs(best.at - at) ? sample : best,
  );
}

/** Cuts samples where a value is missing or time passed unseen. */
function runsOf(samples, of) {
  const runs = [];
  let run = null;
  for (const sample of samples) {
    if (of(sample) === null) {
      run = null;
      continue;
    }
    if (run === null || sample.at - run.at(-1).at > GAP_MS) {
      run = [];
      runs.push(run);
    }
    run.push(sample);
  }
  return runs;
}

function linePath(run, of, x, y) {
  const points = run.map((sample) => `${x(sample.at).toFixed(1)} ${y(of(sample)).toFixed(1)}`);
  // A lone point would be no line at all.
  return points.length === 1 ? `M${points[0]}h1` : `M${points.join("L")}`;
}

function areaPath(run, of, x, y) {
  const [first, last] = [run[0], run.at(-1)];
  return `${linePath(run, of, x, y)}L${x(last.at).toFixed(1)} ${HEIGHT}L${x(first.at).toFixed(1)} ${HEIGHT}Z`;
}

/** The next round number above: 1, 2 or 5 times a power of ten. */
function niceCeiling(highest) {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((ceiling) => ceiling >= highest);
}
