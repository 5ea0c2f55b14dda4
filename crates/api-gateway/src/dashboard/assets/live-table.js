// An order table together with the list that feeds it: empty, broken and filled.

import { h } from "./dom.js";
import { broken, noOrders, nothing } from "./empty.js";
import { orderList } from "./order-list.js";
import { orderTable } from "./order-table.js";

/** `onPage`, `onUnseen` as of orderList. */
export function liveTable({ caption, filter, limit, cursor = null, onPage = () => {}, onUnseen }) {
  const table = orderTable({ caption });
  const element = h("div", { class: "live-table" }, h("p", { class: "empty" }, "Loading…"));
  let content = "loading";

  function put(next, make) {
    if (content === next) return;
    content = next;
    element.replaceChildren(make());
  }

  const list = orderList({
    filter,
    limit,
    cursor,
    onUnseen,
    onPage(page) {
      table.show(page.orders);
      if (page.orders.length > 0) put("table", () => h("div", { class: "scroll" }, table.element));
      else if (Object.values(filter).some(Boolean)) put("none", () => nothing("No order matches."));
      else put("empty", noOrders);
      onPage(page);
    },
    onPatch: table.patch,
    onProblem(problem) {
      // What was read before is still worth more than a complaint; the banner says the rest.
      if (table.size === 0) {
        content = "broken";
        element.replaceChildren(broken(problem, list.read));
      }
    },
  });

  return {
    element,
    hold: list.hold,
    read: list.read,
    close() {
      list.close();
      table.close();
    },
  };
}
