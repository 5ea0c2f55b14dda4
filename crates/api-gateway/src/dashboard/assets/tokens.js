// The listed tokens, read once.

import { get } from "./api.js";

let reading = null;

/** Symbol to token, in the engine's order. A failed read is tried again by the next caller. */
export function listedTokens() {
  reading ??= get("/api/tokens").then(
    ({ tokens }) => new Map(tokens.map((token) => [token.symbol, token])),
    (problem) => {
      reading = null;
      throw problem;
    },
  );
  return reading;
}
