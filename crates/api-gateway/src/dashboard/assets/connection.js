// What is known about the way to the engine; the banner and the dot in the header show it.

import { observable } from "./observable.js";

export const connection = observable({
  /** "unknown" | "up" | "down": whether requests are answered. */
  engine: "unknown",
  /** "idle" | "connecting" | "live" | "waiting": the state of the event stream. */
  feed: "idle",
  /** Whether the engine refused the key, or the lack of one. */
  needsKey: false,
  /** When the last answer came, for what is still shown. */
  answeredAt: 0,
});
