// The workers that are alive, and how full each one is.

import { h, setAttribute, setText } from "./dom.js";
import { age, shortId } from "./format.js";

/** `draw(workers)` keeps one card per worker. */
export function workerCards() {
  const list = h("ul", { class: "workers" });
  // Nobody knows before the first answer.
  const none = h("p", { class: "empty", hidden: true }, "No worker is alive. Orders are accepted and wait.");
  const element = h("div", {}, list, none);
  const cards = new Map();

  return {
    element,
    draw(workers) {
      none.hidden = workers.length > 0;
      const alive = new Set(workers.map(({ id }) => id));
      for (const [id, card] of cards) {
        if (alive.has(id)) continue;
        card.element.remove();
        cards.delete(id);
      }
      for (const worker of workers) {
        let card = cards.get(worker.id);
        if (!card) {
          card = workerCard(worker);
          cards.set(worker.id, card);
          list.append(card.element);
        }
        card.draw(worker);
      }
    },
  };
}

function workerCard({ id, host, version }) {
  const busy = h("span", { class: "number" });
  const meter = h("meter", { min: 0, "aria-label": "Busy slots" });
  const up = h("span", {});
  const element = h(
    "li",
    { class: "worker" },
    h("p", { class: "worker-head" }, h("strong", { class: "mono", title: id }, shortId(id)), busy),
    meter,
    h("p", { class: "sub" }, `${host} · ${version} · `, up),
  );
  return {
    element,
    draw({ running, slots, startedAt, seenAt }) {
      setText(busy, `${running} of ${slots} busy`);
      setAttribute(meter, "max", String(slots));
      setAttribute(meter, "value", String(running));
      setText(up, `up ${age(Date.parse(seenAt) - Date.parse(startedAt))}`);
    },
  };
}
