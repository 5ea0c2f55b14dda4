// The eight statuses: their order, their names, and a badge that says them by shape and word, not colour alone.

import { h, setAttribute, setText, svg } from "./dom.js";

export const LIFE = ["pending", "routing", "building", "submitted", "confirmed"];
export const STATUSES = [...LIFE, "failed", "cancelled", "expired"];

const TERMINAL = new Set(["confirmed", "failed", "cancelled", "expired"]);
const CANCELLABLE = new Set(["pending", "routing", "building"]);

export const isTerminal = (status) => TERMINAL.has(status);
export const isCancellable = (status) => CANCELLABLE.has(status);

/** What happens in a stage, in a few words. */
export const MEANING = {
  pending: "waiting for a worker",
  routing: "asking both venues",
  building: "building the transaction",
  submitted: "sent, waiting for the chain",
  confirmed: "swapped",
  failed: "ended without a swap",
  cancelled: "withdrawn in time",
  expired: "ran out of time",
};

const SHAPES = {
  pending: "M6 1.8a4.2 4.2 0 1 0 0 8.4a4.2 4.2 0 0 0 0-8.4M6 3.8V6l1.4 1.2",
  routing: "M1.5 6h3l3-3.2h3M4.5 6l3 3.2h3",
  building: "M2 2h3.2v3.2H2zM6.8 2H10v3.2H6.8zM2 6.8h3.2V10H2zM8.4 6.4v4M6.4 8.4h4",
  submitted: "M2.5 9.5l7-7M4.5 2.5h5v5",
  confirmed: "M2 6.4l2.8 2.8L10 3.2",
  failed: "M2.8 2.8l6.4 6.4M9.2 2.8l-6.4 6.4",
  cancelled: "M6 1.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 0 0 0-8.8M3 9l6-6",
  expired: "M3 1.8h6M3 10.2h6M3.6 1.8c0 2.6 4.8 5.8 4.8 8.4M8.4 1.8c0 2.6-4.8 5.8-4.8 8.4",
};

export function statusIcon(status) {
  return svg(
    "svg",
    { viewBox: "0 0 12 12", class: "status-icon", "aria-hidden": "true" },
    svg("path", { d: SHAPES[status] }),
  );
}

/** A badge; `show(status)` changes it in place. */
export function statusBadge(status) {
  const path = svg("path", {});
  const word = h("span");
  const element = h(
    "span",
    { class: "badge" },
    svg("svg", { viewBox: "0 0 12 12", class: "status-icon", "aria-hidden": "true" }, path),
    word,
  );
  const show = (next) => {
    setAttribute(element, "data-status", next);
    setAttribute(path, "d", SHAPES[next]);
    setText(word, next);
  };
  show(status);
  return { element, show };
}
