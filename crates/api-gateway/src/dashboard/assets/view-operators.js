// The operators' screen: pause, halt and resume, the wallet, dead orders, webhooks and
// their retry, workers, and who did what.

import { adminGet, adminPost } from "./api.js";
import { h, setAttribute, setText } from "./dom.js";
import { broken } from "./empty.js";
import { count, duration, moment, shortId, swapName } from "./format.js";
import { askForKeys } from "./key-dialog.js";
import { facts } from "./order-facts.js";
import { needsEngine, outageNote } from "./outage.js";
import { pagedPanel } from "./paged-panel.js";
import { session } from "./session.js";
import { walletPanel } from "./wallet-panel.js";
import { webhooksPanel } from "./webhooks-panel.js";
import { workerCards } from "./workers.js";

const EVERY_MS = 2_000;

export const title = "Operators";

export function show(main) {
  const place = h("div", {}, h("p", { class: "empty" }, "Loading…"));
  const notice = h("p", { class: "notice", role: "status", hidden: true });
  const desk = deskOf({ say, onProblem });
  let timer = 0;
  let closed = false;
  let content = "loading";
  main.append(h("h1", { tabindex: "-1" }, "Operators"), notice, place);

  async function read() {
    clearTimeout(timer);
    try {
      await desk.read();
      if (closed) return;
      put("desk", () => desk.element);
    } catch (problem) {
      if (closed) return;
      onProblem(problem);
    }
    timer = setTimeout(read, EVERY_MS);
  }

  function put(next, make) {
    if (content === next) return;
    content = next;
    place.replaceChildren(make());
  }

  function onProblem(problem) {
    if (problem.status === 401 || problem.status === 403) put("locked", () => locked(problem));
    else if (content !== "desk") {
      content = "broken";
      place.replaceChildren(broken(problem, read));
    } else if (problem.code !== "unreachable") say(problem.message, "error");
  }

  function say(text, kind = "info") {
    notice.hidden = false;
    setText(notice, text);
    setAttribute(notice, "data-kind", kind);
  }

  read();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
    refresh: read,
  };
}

function locked(problem) {
  const tried = session.get().adminKey !== "";
  return h(
    "div",
    { class: "empty" },
    h("h2", {}, tried ? "This key does not open the operators' page" : "Operators only"),
    h("p", {}, problem.message),
    h("button", { type: "button", class: "primary", on: { click: askForKeys } }, "Enter admin key"),
  );
}

function deskOf({ say, onProblem }) {
  const state = h("strong", { class: "queue-state" });
  const numbers = h("div", { class: "queue-numbers" });
  const toggle = h("button", { type: "button", class: "primary", on: { click: switchOver } });
  const outage = outageNote(
    "The engine does not answer. Pausing, resuming and retrying work again as soon as it does.",
  );
  needsEngine(toggle, outage);
  const halting = haltForm({ act, outage });
  const why = h("p", { class: "muted", hidden: true });
  const workers = workerCards();
  const wallet = walletPanel();
  const dead = pagedPanel({
    name: "Dead orders",
    path: "/api/admin/dead",
    field: "orders",
    columns: [["Order"], ["Why"], ["Attempts", "wide"], ["Ended", "wide"], ["Retry"]],
    row: deadRow,
    none: "No dead orders. What fails for good shows up here and can be tried again as a new order.",
    onProblem,
  });
  const audit = pagedPanel({
    name: "Audit log",
    path: "/api/admin/audit",
    field: "entries",
    columns: [["When"], ["Who"], ["What"], ["Which"]],
    row: auditRow,
    none: "Nothing was done here yet.",
    onProblem,
  });
  const webhooks = webhooksPanel({ act, outage, onProblem });
  const words = deadForm({ act, outage });
  let paused = false;

  async function read() {
    const [queue, alive] = await Promise.all([adminGet("/api/admin/queue"), adminGet("/api/admin/workers")]);
    drawQueue(queue);
    workers.draw(alive.workers);
    await Promise.all([wallet.read(), dead.read(), webhooks.read(), audit.read()]);
  }

  function drawQueue({ paused: isPaused, halted, queue, entries, deadEntries }) {
    paused = isPaused;
    setText(state, halted ? "Halted" : paused ? "Paused" : "Running");
    why.hidden = !halted;
    setText(why, halted ? `Halted by ${halted.by} on ${moment(halted.since)}: ${halted.reason ?? ""}` : "");
    halting.draw(halted);
    setAttribute(state, "data-paused", paused ? "yes" : null);
    setText(toggle, paused ? "Resume" : "Pause");
    const shown = facts([
      ["Waiting", count(queue.waiting)],
      ["Delayed", count(queue.delayed)],
      ["Running", count(queue.running)],
      ["Oldest waits for", queue.waiting > 0 ? duration(queue.oldestMs) : null],
      ["Entries ready", entries ? count(entries.ready) : "queue away"],
      ["Entries in flight", entries && count(entries.inFlight)],
      ["Unreadable entries", deadEntries.length > 0 ? count(deadEntries.length) : null],
    ]);
    if (!numbers.firstChild?.isEqualNode(shown)) numbers.replaceChildren(shown);
  }

  async function switchOver() {
    await act(paused ? "/api/admin/resume" : "/api/admin/pause", () =>
      paused
        ? "Resumed: workers take orders again, sign and send."
        : "Paused: from the workers' next heartbeat on, orders wait; what runs is finished.",
    );
  }

  async function act(path, sentence, body) {
    try {
      const answer = await adminPost(path, body);
      say(sentence(answer));
      await read();
    } catch (problem) {
      onProblem(problem);
      return false;
    }
    return true;
  }

  function deadRow(order) {
    const retry = h(
      "button",
      { type: "button" },
      "Retry",
      h("span", { class: "unseen" }, ` order ${shortId(order.orderId)}`),
    );
    retry.addEventListener("click", async () => {
      retry.disabled = true;
      const isDone = await act(
        `/api/admin/dead/${order.orderId}/retry`,
        ({ orderId }) => `Accepted again as order ${shortId(orderId)}.`,
      );
      // One that is done leaves the list with the order; any other may be tried once more.
      retry.disabled = isDone;
    });
    needsEngine(retry, outage);
    return h(
      "tr",
      { "data-order": order.orderId },
      h(
        "th",
        { scope: "row" },
        h(
          "a",
          { href: `#/orders/${order.orderId}` },
          swapName(order),
        ),
        h("span", { class: "sub mono" }, shortId(order.orderId)),
      ),
      h("td", {}, order.errorReason ?? "", h("span", { class: "sub" }, order.errorCode ?? "")),
      h("td", { class: "wide" }, String(order.attempts)),
      h("td", { class: "muted wide" }, moment(order.updatedAt)),
      h("td", {}, retry),
    );
  }

  const element = h(
    "div",
    { class: "operators-screen" },
    outage,
    h(
      "section",
      { class: "panel", "aria-label": "Queue" },
      h("header", { class: "panel-head" }, h("h2", {}, "Queue"), state, toggle, halting.open),
      h("div", { class: "panel-body" }, why, halting.form, numbers),
    ),
    h(
      "section",
      { class: "panel", "aria-label": "Workers" },
      h("h2", {}, "Workers"),
      h("div", { class: "panel-body" }, workers.element),
    ),
    dead.element,
    webhooks.element,
    words,
    wallet.element,
    audit.element,
  );
  return { element, read };
}

/** Nothing is signed and nothing is sent: asked for twice, because it stops everything. */
function haltForm({ act, outage }) {
  const open = h("button", { type: "button", class: "danger" }, "Halt…");
  const reason = h("input", { id: "halt-reason", required: true, maxlength: "500", autocomplete: "off" });
  const button = h("button", { type: "submit", class: "danger" }, "Halt now");
  const cancel = h("button", { type: "button" }, "Do not halt");
  const form = h(
    "form",
    { class: "order-form", hidden: true, "aria-label": "Halt the engine" },
    h(
      "p",
      { class: "muted" },
      "Nothing is signed and nothing is sent, until somebody resumes. What was sent may still land, and is recorded; ",
      "orders are accepted and wait.",
    ),
    h("div", { class: "field" }, h("label", { for: "halt-reason" }, "Why"), reason),
    button,
    cancel,
  );
  function show(isShown) {
    form.hidden = !isShown;
    if (isShown) reason.focus();
  }
  open.addEventListener("click", () => show(form.hidden));
  cancel.addEventListener("click", () => show(false));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const isDone = await act("/api/admin/halt", () => "Halted: nothing is signed and nothing is sent.", {
      reason: reason.value,
    });
    if (isDone) {
      form.reset();
      show(false);
    }
    button.disabled = false;
  });
  needsEngine(open, outage);
  needsEngine(button, outage);
  function draw(halted) {
    open.hidden = Boolean(halted);
    if (halted) show(false);
  }
  return { open, form, draw };
}

/** An operator's word that a transaction is dead which no endpoint can prove dead. */
function deadForm({ act, outage }) {
  const order = h("input", { id: "dead-order", required: true, autocomplete: "off", spellcheck: "false" });
  const reason = h("input", { id: "dead-reason", required: true, maxlength: "500", autocomplete: "off" });
  const button = h("button", { type: "submit" }, "It is dead");
  const form = h(
    "form",
    { class: "order-form" },
    h(
      "p",
      { class: "muted" },
      "For an order that stays submitted because no endpoint can prove its transaction dead. Look at an explorer ",
      "first: if the transaction landed after all, the order is executed twice.",
    ),
    h("div", { class: "field" }, h("label", { for: "dead-order" }, "Order id"), order),
    h("div", { class: "field" }, h("label", { for: "dead-reason" }, "Why it is sure"), reason),
    button,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const isDone = await act(
      `/api/admin/orders/${encodeURIComponent(order.value.trim())}/dead`,
      ({ orderId }) => `The transaction of order ${shortId(orderId)} counts as dead once it can no longer land.`,
      { reason: reason.value },
    );
    if (isDone) form.reset();
    button.disabled = false;
  });
  needsEngine(button, outage);
  return h(
    "section",
    { class: "panel", "aria-label": "Unprovable transactions" },
    h("h2", {}, "A transaction that nobody can prove dead"),
    h("div", { class: "panel-body" }, form),
  );
}

function auditRow({ at, actor, action, subject, detail }) {
  return h(
    "tr",
    {},
    h("td", { class: "muted" }, moment(at)),
    h("td", {}, actor),
    h("td", {}, action),
    h(
      "td",
      {},
      subject ? h("span", { class: "mono", title: subject }, shortId(subject)) : "–",
      detail ? h("span", { class: "sub" }, detail) : null,
    ),
  );
}
