// Reads the API's document: its calls in the order of its tags, and its schemas in words.

/** A path's methods that are calls; the rest of a path item is no call. */
const METHODS = ["get", "post", "put", "patch", "delete"];

/** The document's calls, in groups as its tags stand. */
export function groups(document) {
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, ...item[method] })),
  );
  const tags = document.tags ?? [];
  return tags
    .map(({ name, description }) => ({
      name,
      description,
      calls: calls.filter((call) => call.tags?.includes(name)),
    }))
    .filter((group) => group.calls.length > 0);
}

/** What a reference points to, or the thing itself. */
export function resolved(document, thing) {
  if (!thing?.$ref) return thing ?? {};
  const found = thing.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce((inner, name) => inner?.[name], document);
  // What stands beside a reference says more than what it points to.
  return { ...found, ...thing, $ref: undefined };
}

/** The name of the schema that is referred to, or null. */
export function nameOf(schema) {
  return schema?.$ref?.split("/").at(-1) ?? null;
}

/** A schema's kind and its bounds, in a few words. */
export function kindOf(document, schema) {
  if (!schema) return "anything";
  if (nameOf(schema)) {
    const inner = resolved(document, schema);
    return inner.enum || inner.type === "string" ? kindOf(document, { ...inner, description: undefined }) : nameOf(schema);
  }
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map((option) => kindOf(document, option)).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  const types = [schema.type ?? "anything"].flat();
  if (types.includes("array")) return `list of ${kindOf(document, schema.items)}`;
  return [types.join(" or "), ...bounds(schema)].join(", ");
}

function bounds(schema) {
  const { minimum, maximum, minLength, maxLength } = schema;
  const said = [];
  if (minimum !== undefined && maximum !== undefined) said.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) said.push(`at least ${minimum}`);
  else if (maximum !== undefined) said.push(`at most ${maximum}`);
  if (maxLength !== undefined) said.push(`${minLength ?? 0} to ${maxLength} characters`);
  return said;
}

/** The fields of an object's schema: name, kind, whether it must be there, meaning. */
export function fieldsOf(document, schema) {
  const { properties = {}, required = [] } = resolved(document, schema);
  return Object.entries(properties).map(([name, field]) => ({
    name,
    kind: kindOf(document, field),
    isRequired: required.includes(name),
    meaning: resolved(document, field).description ?? "",
    schema: field,
  }));
}

/** A body to begin with: the schema's own example, or null. */
export function exampleOf(document, schema) {
  const { examples, example } = resolved(document, schema);
  const found = examples?.[0] ?? example;
  return found === undefined ? null : JSON.stringify(found, null, 2);
}

/** The schema of a request's or an answer's content, with its type. */
export function contentOf(holder) {
  const [type, content] = Object.entries(holder?.content ?? {})[0] ?? [];
  return type ? { type, schema: content.schema } : null;
}
