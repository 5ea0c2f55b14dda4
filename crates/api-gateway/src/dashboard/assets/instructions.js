// What a transaction tells the chain's programs, instruction by instruction, with its accounts.

import { h } from "./dom.js";
import { shortHash } from "./format.js";

/** `transaction` as the API reads it back from the chain. */
export function instructionList({ instructions, error }) {
  return [
    error ? h("p", { class: "notice" }, `Rolled back: ${error}`) : null,
    h("ol", { class: "instructions", "aria-label": "Instructions" }, instructions.map(instructionItem)),
  ];
}

function instructionItem({ program, programName, name, accounts, data }) {
  const said = data.map((field) => `${field.name} ${field.value}`).join(", ");
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("strong", {}, name),
        h("span", { class: "muted", title: program }, ` ${programName} `),
        h("span", {}, said),
      ),
      accounts.length === 0 ? h("p", { class: "muted" }, "It names no accounts.") : null,
      h("dl", { class: "fact-list" }, accounts.map(accountEntry)),
    ),
  );
}

function accountEntry({ address, role, signer, writable }) {
  const rights = [signer && "signs", writable && "written"].filter(Boolean).join(", ");
  return h(
    "div",
    {},
    h("dt", {}, role ?? "account"),
    h(
      "dd",
      {},
      h("code", { title: address }, shortHash(address)),
      rights ? h("span", { class: "muted" }, ` ${rights}`) : null,
    ),
  );
}
