// The page of the API: what its document says, call by call, each of which can be tried.

import { contentOf, fieldsOf, groups, kindOf, nameOf } from "./api-document.js";
import { tryForm } from "./api-try.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { askForKeys } from "./key-dialog.js";
import { offerThemes } from "./theme-choice.js";

/** Schemas within schemas, as deep as somebody reads. */
const DEPTH = 4;

const part = (id) => document.getElementById(id);

part("skip").addEventListener("click", () => part("main").focus());
part("key-button").addEventListener("click", askForKeys);
offerThemes(part("theme-button"));
await show(part("main"));
openNamed();
window.addEventListener("hashchange", openNamed);

async function show(main) {
  let api;
  try {
    api = await get("/openapi.json");
  } catch (error) {
    main.replaceChildren(h("p", { class: "notice" }, `The document cannot be read: ${error.message}`));
    return;
  }
  main.replaceChildren(
    h("h1", {}, `${api.info.title}, API ${api.info.version}`),
    h("p", {}, api.info.description),
    h(
      "p",
      { class: "muted" },
      "Messages over WebSockets are described in ",
      h("a", { href: "asyncapi.json" }, "asyncapi.json"),
      ". Where the engine asks for a key, enter it under “Key” above; this page then sends it.",
    ),
    ...groups(api).flatMap((group) => [
      h("h2", {}, group.name),
      h("p", { class: "muted tag-note" }, group.description),
      ...group.calls.map((call) => callOf(api, call)),
    ]),
  );
}

/** One call; what is inside is made when it is opened. */
function callOf(api, call) {
  const details = h(
    "details",
    { class: "call", id: call.operationId },
    h(
      "summary",
      {},
      h("span", { class: "method", "data-method": call.method }, call.method.toUpperCase()),
      h("code", {}, call.path),
      h("span", {}, call.summary),
    ),
  );
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(bodyOf(api, call));
  });
  return details;
}

function bodyOf(api, call) {
  const parameters = call.parameters ?? [];
  const request = contentOf(call.requestBody);
  const isSocket = call.responses["101"] !== undefined;
  return h(
    "div",
    { class: "call-body" },
    call.description && h("p", {}, prose(call.description)),
    parameters.length > 0 && [h("h3", {}, "Parameters"), parametersOf(api, parameters)],
    request && [h("h3", {}, `Body, ${request.type}`), fieldList(api, request.schema, DEPTH)],
    h("h3", {}, "Answers"),
    ...Object.entries(call.responses).map(([status, answer]) => answerOf(api, status, answer)),
    isSocket
      ? h("p", { class: "muted" }, "A WebSocket: open it with a client of that kind.")
      : [h("h3", {}, "Try it"), tryForm(api, call)],
  );
}

function parametersOf(api, parameters) {
  return h(
    "dl",
    { class: "facts" },
    parameters.map(({ name, schema, required, description, ...rest }) =>
      fact(name, `${rest.in}, ${kindOf(api, schema)}${required ? "" : ", optional"}`, description),
    ),
  );
}

function answerOf(api, status, answer) {
  const content = contentOf(answer);
  const headers = Object.entries(answer.headers ?? {});
  const summary = h("summary", {}, h("code", {}, status), " ", prose(answer.description));
  if (!content && headers.length === 0) return h("p", {}, ...summary.childNodes);
  return h(
    "details",
    { class: "schema" },
    summary,
    headers.length > 0 &&
      h(
        "dl",
        { class: "facts" },
        headers.map(([name, header]) => fact(name, "header", header.description)),
      ),
    content && [h("p", { class: "muted" }, content.type), fieldList(api, content.schema, DEPTH)],
  );
}

/** An object's fields, or what else the schema is. */
function fieldList(api, schema, depth) {
  const fields = fieldsOf(api, schema);
  if (fields.length === 0) return h("p", {}, kindOf(api, schema));
  return h(
    "dl",
    { class: "facts" },
    fields.map(({ name, kind, isRequired, meaning, schema: inner }) =>
      fact(name, `${kind}${isRequired ? "" : ", optional"}`, meaning, nested(api, inner, depth - 1)),
    ),
  );
}

function nested(api, schema, depth) {
  const options = [schema.items ?? schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const inner = options.find((option) => nameOf(option) && fieldsOf(api, option).length > 0);
  if (!inner || depth === 0) return null;
  const details = h("details", { class: "schema" }, h("summary", {}, nameOf(inner)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(fieldList(api, inner, depth));
  });
  return details;
}

function fact(name, kind, meaning, more) {
  return h(
    "div",
    {},
    h("dt", {}, h("code", {}, name), " ", h("small", {}, kind)),
    h("dd", {}, prose(meaning ?? ""), more),
  );
}

/** A sentence of the document: what stands between backticks is code. */
function prose(text) {
  return text.split("`").map((part, place) => (place % 2 === 1 ? h("code", {}, part) : part));
}

/** The call that the address names, opened. */
function openNamed() {
  const named = part(decodeURIComponent(location.hash.slice(1)));
  if (!named?.matches("details.call")) return;
  named.open = true;
  named.scrollIntoView();
}
