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

/** 32 bytes in base58. */
const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/**
 * The token that a text means: a listed one by its symbol in any case or by its mint, or any mint by its
 * address, of which nothing more is known here. Null where it is neither.
 */
export function tokenOf(text, tokens) {
  const symbol = text.toLowerCase();
  const listed = [...tokens.values()].find(
    (token) => token.symbol.toLowerCase() === symbol || token.mint === text,
  );
  if (listed) return listed;
  return ADDRESS.test(text) ? { symbol: text, mint: text, decimals: null } : null;
}
