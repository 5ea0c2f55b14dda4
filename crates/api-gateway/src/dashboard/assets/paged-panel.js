// A panel with a list that grows by pages: dead orders, the audit log.

import { adminGet } from "./api.js";
import { h, setText } from "./dom.js";
import { nothing } from "./empty.js";
import { needsEngine, outageNote } from "./outage.js";

/**
 * `path` answers `{ [field]: [...], nextCursor }`; `row(entry)` makes one line of the table with these
 * `columns`, `[name, class]`; `none` is said where there is nothing. What stands `above` the
 * table is drawn by `onPage(page)`.
 */
export function pagedPanel({ name, path, field, columns, row, none, onProblem, above = null, onPage = () => {} }) {
  const body = h("tbody");
  const table = h(
    "div",
    { class: "scroll" },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, name),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(([column, extra]) => h("th", { scope: "col", class: extra }, column)),
        ),
      ),
      body,
    ),
  );
  const place = h("div", {}, h("p", { class: "empty" }, "Loading…"));
  const more = h("button", { type: "button", hidden: true, on: { click: readMore } }, "Show more");
  const outage = outageNote("The engine does not answer. More can be shown as soon as it does.");
  const element = h(
    "section",
    { class: "panel", "aria-label": name },
    h("h2", {}, name),
    above,
    place,
    h("div", { class: "pages" }, outage, more),
  );
  let nextCursor = null;
  /** What the first page showed, so that a list that did not change is left alone under the reader's eye. */
  let first = "";

  needsEngine(more, outage);

  async function read() {
    try {
      const page = await adminGet(path, { limit: 20 });
      onPage(page);
      const text = JSON.stringify(page[field]);
      if (text === first) return;
      first = text;
      ({ nextCursor } = page);
      body.replaceChildren(...page[field].map(row));
      place.replaceChildren(page[field].length > 0 ? table : nothing(none));
      more.hidden = nextCursor === null;
    } catch (problem) {
      onProblem(problem);
    }
  }

  async function readMore() {
    setText(more, "Loading…");
    try {
      const page = await adminGet(path, { limit: 20, cursor: nextCursor });
      ({ nextCursor } = page);
      body.append(...page[field].map(row));
      more.hidden = nextCursor === null;
    } catch (problem) {
      onProblem(problem);
    }
    setText(more, "Show more");
  }

  return { element, read };
}
