// Asks for the keys of this tab.

import { h } from "./dom.js";
import { keepKeys, session } from "./session.js";

let open = null;

/** Opens the dialog; a second call while it is open does nothing. */
export function askForKeys() {
  if (open !== null) return;
  const before = document.activeElement;
  const apiKey = secret("api-key", session.get().apiKey);
  const adminKey = secret("admin-key", session.get().adminKey);
  open = h(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    h(
      "form",
      { on: { submit: keep } },
      h("h2", { id: "keys-title" }, "Keys"),
      h("p", { class: "muted" }, "Kept in this tab until it is closed, and sent to this engine alone."),
      h("div", { class: "field" }, h("label", { for: "api-key" }, "API key"), apiKey),
      h(
        "div",
        { class: "field" },
        h("label", { for: "admin-key" }, "Admin key, for the operators' page"),
        adminKey,
      ),
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { type: "button", on: { click: () => open.close() } }, "Cancel"),
        h("button", { type: "submit", class: "primary" }, "Use keys"),
      ),
    ),
  );
  open.addEventListener("close", () => {
    open.remove();
    open = null;
    before?.focus?.();
  });
  document.body.append(open);
  open.showModal();

  function keep(event) {
    event.preventDefault();
    keepKeys({ apiKey: apiKey.value.trim(), adminKey: adminKey.value.trim() });
    open.close();
  }
}

function secret(id, value) {
  return h("input", {
    id,
    type: "password",
    value,
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 512,
  });
}
