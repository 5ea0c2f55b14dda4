// The form that makes one call of the API and shows the answer as it came.

import { exampleOf, contentOf } from "./api-document.js";
import { address } from "./api.js";
import { h } from "./dom.js";
import { session } from "./session.js";

/** A commit may take the store 5 s before the engine says that its outcome is unknown. */
const DEADLINE_MS = 10_000;
/** A longer answer is cut: it is for reading. */
const SHOWN_CHARACTERS = 50_000;

/** The form of one call. */
export function tryForm(document, call) {
  const id = `${call.method}-${call.operationId}`;
  const inputs = (call.parameters ?? []).map((parameter) => ({ parameter, input: inputOf(id, parameter) }));
  const content = contentOf(call.requestBody);
  const body = content && h("textarea", { id: `${id}-body`, spellcheck: "false" });
  if (body) body.value = exampleOf(document, content.schema) ?? "";
  const answer = h("div", { role: "status" });
  const send = h("button", { type: "submit", class: "primary" }, "Send");

  async function submit(event) {
    event.preventDefault();
    send.setAttribute("data-busy", "");
    answer.replaceChildren(await answered(call, inputs, body?.value));
    send.removeAttribute("data-busy");
  }

  return h(
    "form",
    { class: "try", on: { submit } },
    inputs.map(({ parameter, input }) => field(input, parameter.name)),
    body && field(body, "Body"),
    send,
    answer,
  );
}

function field(input, label) {
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input);
}

function inputOf(id, parameter) {
  return h("input", {
    id: `${id}-${parameter.name}`,
    autocomplete: "off",
    spellcheck: "false",
    required: parameter.required === true,
  });
}

async function answered(call, inputs, body) {
  const { path, query, headers } = filledIn(call, inputs);
  const { apiKey, adminKey } = session.get();
  const key = call.tags?.includes("admin") ? adminKey : apiKey;
  if (key) headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const response = await fetch(address(path, query), {
      method: call.method.toUpperCase(),
      headers,
      body,
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await response.text();
    return h(
      "div",
      {},
      h("h3", {}, `${response.status} ${response.statusText}`.trim()),
      h("pre", { class: "answer", tabindex: "0" }, readable(text)),
    );
  } catch (error) {
    const text =
      error.name === "TimeoutError"
        ? `No answer within ${DEADLINE_MS / 1000} s. The call may have been carried out.`
        : "The engine does not answer. The call may have been carried out.";
    return h("p", { class: "fault" }, text);
  }
}

function filledIn(call, inputs) {
  let path = call.path;
  const query = {};
  const headers = {};
  for (const { parameter, input } of inputs) {
    const value = input.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (parameter.in === "query") query[parameter.name] = value;
    else headers[parameter.name] = value;
  }
  return { path, query, headers };
}

function readable(text) {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}\n… cut here` : text;
  try {
    return JSON.stringify(JSON.parse(shown), null, 2);
  } catch {
    return shown === "" ? "(no body)" : shown;
  }
}
