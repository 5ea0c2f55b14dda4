// The button that goes round the themes; theme.js applies the choice on the next load.

import { setText } from "./dom.js";

const THEMES = ["auto", "light", "dark"];

export function offerThemes(button) {
  const root = document.documentElement;
  const show = () => setText(button, `Theme: ${root.dataset.theme ?? "auto"}`);
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "auto") + 1) % THEMES.length];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    remember(next);
    show();
  });
  show();
}

function remember(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
