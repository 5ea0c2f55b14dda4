// Texts one copies: commands and ids.

import { h, setText } from "./dom.js";

const SHOWN_MS = 1_500;

export function copyButton(text, what) {
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    setText(button, (await write(text)) ? "Copied" : "Press Ctrl+C");
    setTimeout(() => setText(button, "Copy"), SHOWN_MS);
  });
  return button;
}

/** A command line with its button. */
export function commandLine(command, what) {
  const code = h("code", { tabindex: "0" }, command);
  return h("div", { class: "command" }, h("pre", {}, code), copyButton(command, what));
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are not served over TLS may not write.
    return false;
  }
}
