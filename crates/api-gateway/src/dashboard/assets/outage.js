// Buttons that can do nothing without the engine: while it does not answer they refuse and say why.
// They are not simply `disabled`: that would take the focus from whoever is on one, and hide the reason.

import { connection } from "./connection.js";
import { h, setAttribute } from "./dom.js";

let notes = 0;
let wasAway = false;

/** The reason that buttons nearby refuse for. It is seen only while one of them does. */
export function outageNote(sentence) {
  notes += 1;
  return h("p", { class: "outage-note", id: `outage-note-${notes}`, hidden: true }, sentence);
}

/** Marks a button that needs the engine, and names the note that says so. */
export function needsEngine(button, note) {
  button.dataset.needsEngine = note.id;
  drawNeed(button);
  note.hidden = !isAway();
  return button;
}

/** Shows whether the button can be used; one that is busy cannot either. */
export function drawNeed(button) {
  const away = isAway();
  setAttribute(button, "aria-disabled", away || button.dataset.busy ? "true" : null);
  setAttribute(button, "aria-describedby", away ? button.dataset.needsEngine : null);
}

/** Follows the connection from now on, for every such button on the page. */
export function startOutages() {
  connection.subscribe(drawAll);
  // Before the button hears of it. Enter in a form's field is a click on its button too.
  document.addEventListener("click", refuse, { capture: true });
}

function isAway() {
  return connection.get().engine === "down";
}

function drawAll() {
  // Every answer is news of the connection; few change this.
  if (isAway() === wasAway) return;
  wasAway = isAway();
  const buttons = [...document.querySelectorAll("[data-needs-engine]")];
  buttons.forEach(drawNeed);
  const shown = buttons.filter((button) => !button.hidden);
  const needed = new Set(wasAway ? shown.map((button) => button.dataset.needsEngine) : []);
  for (const note of document.querySelectorAll(".outage-note")) note.hidden = !needed.has(note.id);
}

function refuse(event) {
  if (!isAway() || !event.target.closest?.("[data-needs-engine]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
