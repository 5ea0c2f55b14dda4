// Calls over HTTP: one answer or one error for each, repeated within bounds, at the next gateway where one fails.

import { setTimeout as sleep } from "node:timers/promises";

import { EngineError, RefusedError, UnexpectedAnswerError, UnreachableError } from "./errors.js";

/**
 * @typedef {object} Settings
 * @property {string | readonly string[]} urls Where the engine is, such as `http://127.0.0.1:3000`; of several
 *   gateways all, the preferred first: where one does not answer the next is asked.
 * @property {string} [apiKey] The key, where the engine wants one.
 * @property {number} [tries] How often a call is tried before its failure is thrown, at each gateway once more: 8.
 * @property {number} [firstWaitMs] The wait before the second try, which doubles from there: 250.
 * @property {number} [longestWaitMs] The longest wait between two tries, unless the engine asks for more: 5000.
 * @property {number} [retryAfterMaxMs] Where the engine asks to wait longer, its refusal is thrown instead: 30000.
 * @property {number} [answerLimitMs] An answer that takes longer is taken for lost: 20000.
 * @property {number} [silenceLimitMs] A stream that is silent for longer is taken for lost: 60000; the engine
 *   sends something every 20 s.
 */

/**
 * @typedef {object} Call
 * @property {Record<string, string | number | boolean | undefined>} [query]
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] Ends the call, with its reason.
 */

/** No answer of the engine is longer. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** With these a connection was never there to send anything on. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"];
/** What a proxy says of a gateway that is away. */
const GATEWAY_IS_AWAY = [502, 503, 504];

export class Transport {
  #urls;
  #at = 0;
  /** @type {Record<string, string>} */
  #headers;

  /** @param {Settings} settings */
  constructor(settings) {
    const { urls, apiKey } = settings;
    this.#urls = (typeof urls === "string" ? [urls] : [...(urls ?? [])]).map(baseOf);
    if (this.#urls.length === 0) throw new TypeError("urls must name at least one address of the engine");
    this.#headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    this.tries = atLeast("tries", settings.tries ?? 8, 1) + this.#urls.length - 1;
    this.firstWaitMs = atLeast("firstWaitMs", settings.firstWaitMs ?? 250, 0);
    this.longestWaitMs = atLeast("longestWaitMs", settings.longestWaitMs ?? 5_000, 0);
    this.retryAfterMaxMs = atLeast("retryAfterMaxMs", settings.retryAfterMaxMs ?? 30_000, 0);
    this.answerLimitMs = atLeast("answerLimitMs", settings.answerLimitMs ?? 20_000, 1);
    this.silenceLimitMs = atLeast("silenceLimitMs", settings.silenceLimitMs ?? 60_000, 1);
  }

  /** The gateway that calls go to now. */
  get url() {
    return /** @type {string} */ (this.#urls[this.#at]);
  }

  /** What every request carries. */
  get headers() {
    return this.#headers;
  }

  /**
   * The next gateway. Each call and each stream goes round by itself: what one of them meets moves no other.
   *
   * @param {string} url
   */
  after(url) {
    return /** @type {string} */ (this.#urls[(this.#urls.indexOf(url) + 1) % this.#urls.length]);
  }

  /**
   * What comes next begins there.
   *
   * @param {string} url
   */
  answered(url) {
    this.#at = this.#urls.indexOf(url);
  }

  /**
   * Repeats what fails, where that may help: at once at a gateway that was not asked yet, else later.
   *
   * @template T
   * @param {(url: string) => Promise<T>} once
   * @param {(error: unknown) => boolean} mayHelp
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  async repeat(once, mayHelp, signal) {
    let url = this.url;
    for (let tries = 1; ; tries++) {
      try {
        const answer = await once(url);
        this.answered(url);
        return answer;
      } catch (error) {
        const wanted = mayHelp(error);
        const asked = retryAfterOf(error);
        if (signal?.aborted || !wanted || tries >= this.tries || asked > this.retryAfterMaxMs) throw error;
        if (isAway(error)) {
          url = this.after(url);
          if (tries < this.#urls.length) continue;
        }
        await this.pause(Math.floor((tries - 1) / this.#urls.length), asked, signal);
      }
    }
  }

  /**
   * Waits: longer each time, spread at random, and as long as the engine asks for at least.
   *
   * @param {number} failures
   * @param {number} askedMs
   * @param {AbortSignal} [signal]
   */
  async pause(failures, askedMs, signal) {
    const longest = Math.min(this.longestWaitMs, this.firstWaitMs * 2 ** failures);
    const wait = askedMs + longest / 2 + (Math.random() * longest) / 2;
    try {
      await sleep(wait, undefined, { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  }

  /**
   * One request and its answer.
   *
   * @param {string} url
   * @param {string} method
   * @param {string} path
   * @param {Call} [call]
   * @returns {Promise<{ body: unknown, headers: Headers }>}
   */
  async once(url, method, path, { query, body, headers, signal } = {}) {
    const limit = limited(this.answerLimitMs, signal);
    try {
      const response = await fetch(url + path + queryText(query), {
        method,
        headers: { ...this.#headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: "manual",
        signal: limit.signal,
      });
      const text = await textOf(response);
      if (!response.ok) throw refusal(url, response.status, text, response.headers.get("retry-after"));
      return { body: text === "" ? undefined : parse(url, text), headers: response.headers };
    } catch (error) {
      throw error instanceof EngineError ? error : unreachable(url, error, limit.reason);
    } finally {
      limit.done();
    }
  }
}

/**
 * What was refused.
 *
 * @param {string} url
 * @param {number} status
 * @param {string} text
 * @param {string | null | undefined} retryAfter
 */
export function refusal(url, status, text, retryAfter) {
  const seconds = Number(retryAfter ?? NaN);
  const retryAfterMs = seconds >= 0 ? seconds * 1_000 : undefined;
  const problem = problemOf(text);
  if (problem) return new RefusedError(problem, retryAfterMs);
  return new UnexpectedAnswerError(`${url} does not answer like an engine: it says ${status} without a reason`, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * Whether a later try may get another answer.
 *
 * @param {unknown} error
 */
export function isTransient(error) {
  if (error instanceof UnreachableError) return true;
  // Nobody switches trading on while a program waits.
  if (error instanceof RefusedError) return [429, 503].includes(error.status) && error.code !== "trading_disabled";
  return error instanceof UnexpectedAnswerError && [429, ...GATEWAY_IS_AWAY].includes(error.status ?? 0);
}

/**
 * Whether another gateway may do better.
 *
 * @param {unknown} error
 */
export function isAway(error) {
  if (error instanceof UnreachableError) return true;
  const refused = error instanceof RefusedError || error instanceof UnexpectedAnswerError;
  return refused && GATEWAY_IS_AWAY.includes(error.status ?? 0);
}

/** @param {unknown} error */
export function retryAfterOf(error) {
  const refused = error instanceof RefusedError || error instanceof UnexpectedAnswerError;
  return (refused && error.retryAfterMs) || 0;
}

/**
 * @param {string} url
 * @param {string} text
 * @returns {unknown}
 */
export function parse(url, text) {
  try {
    return JSON.parse(text, exact);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnexpectedAnswerError(`${url} does not answer like an engine: ${why}`, { cause });
  }
}

/**
 * A whole number that JavaScript cannot hold must not come out as its neighbour.
 *
 * @param {string} name
 * @param {unknown} value
 */
function exact(name, value) {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`the number ${name} is too large to be read exactly`);
  }
  return value;
}

/** @param {string} text */
function problemOf(text) {
  try {
    const problem = JSON.parse(text);
    const is = typeof problem?.code === "string" && typeof problem.detail === "string";
    return is ? /** @type {import("./wire.js").Problem} */ (problem) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} url
 * @param {unknown} error
 * @param {string | undefined} reason
 */
function unreachable(url, error, reason) {
  const cause = /** @type {{ cause?: { code?: string, message?: string } }} */ (error)?.cause;
  const why = reason ?? cause?.message ?? cause?.code ?? String(error);
  return new UnreachableError(`no engine answers at ${url}: ${why || cause?.code}`, {
    cause: error,
    mayHaveArrived: !NEVER_SENT.includes(cause?.code ?? ""),
  });
}

/** @param {string} url */
function baseOf(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    parsed = undefined;
  }
  if (!parsed || !["http:", "https:"].includes(parsed.protocol) || parsed.search || parsed.hash) {
    throw new TypeError(`${JSON.stringify(url)} is not the address of an engine; it looks like http://127.0.0.1:3000`);
  }
  return url.replace(/\/+$/, "");
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} least
 */
function atLeast(name, value, least) {
  if (Number.isFinite(value) && value >= least) return value;
  throw new TypeError(`${name} must be a number of at least ${least}`);
}

/** @param {Call["query"]} query */
function queryText(query = {}) {
  const named = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) named.set(name, String(value));
  }
  const text = named.toString();
  return text && `?${text}`;
}

/**
 * The caller's signal and a time limit, whichever comes first.
 *
 * @param {number} ms
 * @param {AbortSignal} [outer]
 */
function limited(ms, outer) {
  const inner = new AbortController();
  /** @type {string | undefined} */
  let reason;
  const end = (/** @type {string} */ why) => {
    reason = why;
    inner.abort();
  };
  const timer = setTimeout(() => end(`no answer within ${ms} ms`), ms);
  const abort = () => end("the caller has ended the call");
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });
  return {
    signal: inner.signal,
    get reason() {
      return reason;
    },
    done() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", abort);
    },
  };
}

/** @param {Response} response */
async function textOf(response) {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > ANSWER_BYTES_MAX) throw new UnexpectedAnswerError(`${response.url} answers with too much`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
