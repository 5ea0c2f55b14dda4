// Says when the page is not connected, why, and when it will try again; and when the engine is paused or halted.

import { connection } from "./connection.js";
import { h, setAttribute, setText } from "./dom.js";
import { reconnectFeed } from "./feed.js";
import { timeOfDay } from "./format.js";
import { askForKeys } from "./key-dialog.js";
import { pollNow, stats } from "./stats.js";

/** A stream that opens within this needs no words. */
const PATIENCE_MS = 1_500;

/** Watches the connection and keeps banner and header in step with it. */
export function startBanner(banner, linkState) {
  const text = h("span");
  const again = h("button", { type: "button", on: { click: tryNow } }, "Try now");
  const key = h("button", { type: "button", on: { click: askForKeys } }, "Enter key");
  banner.append(text, again, key);
  let lostAt = 0;

  function draw() {
    const state = connection.get();
    const { phase, word } = stateOf(state);
    setAttribute(linkState, "data-phase", phase);
    setText(linkState.lastElementChild, word);
    // What is on the screen is from before: it stays readable and looks it.
    document.body.toggleAttribute("data-stale", phase === "down");
    lostAt = phase === "live" ? 0 : lostAt || Date.now();
    const isWorthIt = state.needsKey || Date.now() - lostAt > PATIENCE_MS;
    const message = [isWorthIt ? messageOf(phase, state) : null, pauseOf(phase)].filter(Boolean).join(" ");
    banner.hidden = message === "";
    setText(text, message);
    setAttribute(banner, "data-phase", phase);
    again.hidden = phase === "key" || phase === "live";
    key.hidden = phase !== "key";
  }

  connection.subscribe(draw);
  stats.subscribe(draw);
  setInterval(draw, 1_000);
  draw();
}

function tryNow() {
  pollNow();
  reconnectFeed();
}

function stateOf({ engine, feed, needsKey }) {
  if (needsKey) return { phase: "key", word: "Key needed" };
  if (engine === "down") return { phase: "down", word: "Offline" };
  if (feed === "live") return { phase: "live", word: "Live" };
  return { phase: "connecting", word: "Connecting" };
}

function pauseOf(phase) {
  const isKnown = phase === "live" || phase === "connecting";
  const { paused, halted } = (isKnown && stats.get().latest) || {};
  if (halted)
    return `This engine is halted by ${halted.by} since ${timeOfDay(Date.parse(halted.since))}: orders are accepted, nothing is signed and nothing is sent.`;
  return paused === true ? "Operators have paused this engine: orders are accepted and wait." : null;
}

function messageOf(phase, { answeredAt, feed }) {
  if (phase === "key") return "This engine needs an API key.";
  if (phase === "down") {
    const since = answeredAt ? ` What you see is from ${timeOfDay(answeredAt)}.` : "";
    return `Not connected: the engine does not answer.${since}`;
  }
  if (phase === "connecting" && feed !== "idle")
    return "Live updates are interrupted; lists are read every few seconds meanwhile.";
  return null;
}
