// Calls the engine over HTTP: keys, deadlines, and one kind of error for everything that can go wrong.

import { connection } from "./connection.js";
import { session } from "./session.js";

/** A commit may take the store 5 s before the engine says that its outcome is unknown. */
const DEADLINE_MS = 10_000;
/** Hundreds of thousands of lines. */
const FILE_DEADLINE_MS = 300_000;

/** A refusal by the engine, or `code` "unreachable" where it gave no answer (`status` 0: nobody did). */
export class Problem extends Error {
  constructor(status, body, retryAfter = null) {
    super(body.detail ?? body.error ?? `The engine answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.errors = body.errors ?? [];
    this.orderId = body.orderId ?? null;
    this.orderStatus = body.orderStatus ?? null;
    this.retryAfter = retryAfter;
  }
}

/** The address of a path, also where a proxy serves the engine below a folder. */
export function address(path, query = {}) {
  const url = new URL(path.replace(/^\//, ""), document.baseURI);
  url.hash = "";
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

export const get = (path, query, signal) => call("GET", path, { query, signal });
/** A file, as one text. */
export const getFile = (path, query, accept) =>
  call("GET", path, { query, headers: { accept }, deadlineMs: FILE_DEADLINE_MS, isFile: true });
export const post = (path, body, headers) => call("POST", path, { body, headers });

/** Operators' calls take the admin key alone: an API key there is refused. */
export const adminGet = (path, query) =>
  call("GET", path, { query, key: session.get().adminKey, isAdmin: true });
export const adminPost = (path, fields, { query, deadlineMs } = {}) =>
  call("POST", path, {
    query,
    deadlineMs,
    body: fields && JSON.stringify(fields),
    key: session.get().adminKey,
    isAdmin: true,
  });

async function call(
  method,
  path,
  { query, body, headers = {}, key = session.get().apiKey, isAdmin = false, isFile = false, deadlineMs = DEADLINE_MS, signal },
) {
  const all = { accept: "application/json", ...headers };
  if (key) all.authorization = `Bearer ${key}`;
  if (body !== undefined) all["content-type"] = "application/json";
  let answer;
  let text;
  try {
    const deadline = AbortSignal.timeout(deadlineMs);
    answer = await fetch(address(path, query), {
      method,
      headers: all,
      body,
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable(0);
  }
  const content = isFile && answer.ok ? text : parse(text);
  if (isFromProxyAlone(answer, content)) throw unreachable(answer.status);
  connection.set({ engine: "up", answeredAt: Date.now() });
  if (!isAdmin) noteKey(answer);
  if (answer.ok) return content;
  throw new Problem(answer.status, content, Number(answer.headers.get("retry-after")) || null);
}

function unreachable(status) {
  connection.set({ engine: "down" });
  return new Problem(status, { code: "unreachable", detail: "The engine does not answer." });
}

/** A proxy that finds no engine behind it answers in its place; every refusal of the engine has a code. */
function isFromProxyAlone({ status }, content) {
  return status >= 502 && status <= 504 && content.code === undefined;
}

function noteKey(answer) {
  if (answer.status === 401) connection.set({ needsKey: true });
  else if (answer.ok) connection.set({ needsKey: false });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy in front answers in HTML.
    return {};
  }
}
