// Which screen the address names, and the change from one to the next.

import * as books from "./view-books.js";
import * as execution from "./view-execution.js";
import * as operators from "./view-operators.js";
import * as order from "./view-order.js";
import * as orders from "./view-orders.js";
import * as overview from "./view-overview.js";

const SCREENS = [
  { pattern: /^\/$/, tab: "overview", screen: overview },
  { pattern: /^\/orders$/, tab: "orders", screen: orders },
  { pattern: /^\/orders\/([^/]+)$/, tab: "orders", screen: order, parameter: "orderId" },
  { pattern: /^\/books$/, tab: "books", screen: books },
  { pattern: /^\/execution$/, tab: "execution", screen: execution },
  { pattern: /^\/operators$/, tab: "operators", screen: operators },
];

let current = null;

/** Shows what the address names, now and whenever it changes. */
export function startRouter(main) {
  const follow = () => go(main);
  window.addEventListener("hashchange", follow);
  follow();
}

/** Asks the screen to read again what it could not read before. */
export function refreshScreen() {
  current?.view.refresh?.();
}

function go(main) {
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  const found = SCREENS.find(({ pattern }) => pattern.test(path));
  if (!found) {
    location.replace("#/");
    return;
  }
  const value = found.pattern.exec(path)[1];
  const parameters = { query: new URLSearchParams(search) };
  if (found.parameter) parameters[found.parameter] = decode(value);
  if (current?.path === path && current.view.update) {
    current.view.update(parameters);
    return;
  }
  const isFirst = current === null;
  current?.view.close();
  main.replaceChildren();
  current = { path, view: found.screen.show(main, parameters) };
  document.title = `${found.screen.title} · Order engine`;
  markTab(found.tab);
  window.scrollTo(0, 0);
  // Screen readers and keyboards begin at the new screen's top, not at the link that is gone.
  if (!isFirst) main.querySelector("h1")?.focus();
}

function markTab(tab) {
  for (const link of document.querySelectorAll("[data-tab]")) {
    if (link.dataset.tab === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
