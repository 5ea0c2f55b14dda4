// An order's life as a list of stages, each with a bar as long as it took.

import { h, setAttribute, setText } from "./dom.js";
import { amount, duration, moment, shortHash, timeOfDay, tokenName, venueAndPool, venueName } from "./format.js";
import { MEANING, statusIcon } from "./status.js";
import { stagesOf } from "./timeline-model.js";

/** A bar is never thinner than can be seen. */
const LEAST_SHARE = 0.5;

/** `draw(events, order)` shows a life; `tick()` moves the stage that runs. */
export function timeline() {
  const list = h("ol", { class: "timeline" });
  const total = h("p", { class: "muted timeline-total" });
  const element = h("div", {}, total, list);
  const rows = [];
  let stages = [];

  function draw(events, order) {
    stages = stagesOf(events);
    stages.forEach((stage, index) => {
      if (!rows[index]) {
        rows[index] = stageRow(stage, stages[index - 1], order);
        list.append(rows[index].element);
      }
    });
    tick();
  }

  function tick() {
    if (stages.length === 0) return;
    const first = stages[0].startedAt;
    const last = stages.at(-1);
    // The engine's clock may be ahead of this one.
    const end = last.isRunning ? Math.max(Date.now(), last.startedAt) : last.startedAt;
    const span = Math.max(1, end - first);
    stages.forEach((stage, index) => {
      const until = stage.endedAt ?? (stage.isRunning ? end : stage.startedAt);
      rows[index].measure({
        stage,
        took: until - stage.startedAt,
        from: ((stage.startedAt - first) / span) * 100,
        share: ((until - stage.startedAt) / span) * 100,
      });
    });
    setText(
      total,
      last.isRunning
        ? `Running for ${duration(span)}`
        : `${duration(end - first)} from acceptance to the end`,
    );
  }

  return { element, draw, tick };
}

const meaningOf = ({ status }, { orderType }) =>
  status === "pending" && orderType !== "market" ? "waiting for its condition" : MEANING[status];

function stageRow(stage, before, order) {
  const { event } = stage;
  const took = h("span", { class: "stage-took" });
  const meter = h("div", { class: "stage-meter", "aria-hidden": "true" }, h("i"));
  const isRetry = before && event.attempt > before.attempt;
  const element = h(
    "li",
    { class: "stage", "data-status": event.status },
    h("span", { class: "stage-mark" }, statusIcon(event.status)),
    h(
      "div",
      { class: "stage-body" },
      isRetry ? h("p", { class: "stage-attempt" }, `Attempt ${event.attempt}`) : null,
      h(
        "p",
        { class: "stage-head" },
        h("strong", {}, event.status),
        " ",
        h("span", { class: "muted" }, isRetry ? "waiting to try again" : meaningOf(event, order)),
        took,
      ),
      stage.isEnd ? null : meter,
      h("p", { class: "stage-detail muted" }, detailOf(event, order)),
      h(
        "time",
        { class: "stage-time muted", datetime: event.timestamp, title: event.timestamp },
        moment(event.timestamp),
      ),
    ),
  );
  const bar = meter.firstElementChild;
  return {
    element,
    measure({ stage: now, took: ms, from, share }) {
      setAttribute(element, "data-running", now.isRunning ? "yes" : null);
      setText(took, now.isEnd ? "" : duration(ms));
      const width = Math.max(LEAST_SHARE, share);
      bar.style.setProperty("margin-left", `${Math.min(from, 100 - width).toFixed(2)}%`);
      bar.style.setProperty("width", `${width.toFixed(2)}%`);
    },
  };
}

function detailOf(event, order) {
  switch (event.status) {
    case "pending":
      return event.error ? `${event.error} – next try at ${timeOfDay(event.retryAt)}` : "Accepted and stored";
    case "building":
      return `${venueAndPool(event.dex, event.pool)}, expecting ${amount(event.expectedAmountOut)} ${tokenName(order.tokenOut)}`;
    case "submitted":
      return `${shortHash(event.txHash)} to ${venueName(event.dex)}`;
    case "confirmed":
      return `${amount(event.amountOut)} ${tokenName(order.tokenOut)} received`;
    case "failed":
      return event.error;
    case "cancelled":
    case "expired":
      return event.reason;
    default:
      return "";
  }
}
