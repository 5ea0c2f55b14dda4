// The keys of this tab. They live in sessionStorage: gone with the tab, never sent anywhere but here.

import { observable } from "./observable.js";

const STORED = { apiKey: "order-engine.api-key", adminKey: "order-engine.admin-key" };

function read(name) {
  try {
    return sessionStorage.getItem(STORED[name]) ?? "";
  } catch {
    return "";
  }
}

export const session = observable({ apiKey: read("apiKey"), adminKey: read("adminKey") });

/** Keeps keys; an empty one is forgotten. */
export function keepKeys(keys) {
  for (const [name, key] of Object.entries(keys)) {
    try {
      if (key) sessionStorage.setItem(STORED[name], key);
      else sessionStorage.removeItem(STORED[name]);
    } catch {
      // Without storage a key lasts until the page is loaded again.
    }
  }
  session.set(keys);
}
