// Streams that outlive their connections: after each loss they go on where they stopped, at the next gateway
// where one is away.

import { ClosedError, RefusedError, UnexpectedAnswerError, UnreachableError } from "./errors.js";
import { isAway, isTransient, parse, retryAfterOf } from "./transport.js";
import { ENDS } from "./wire.js";
import { openSocket } from "./websocket.js";

/** @typedef {import("./transport.js").Transport} Transport */
/** @typedef {import("./wire.js").OrderEvent} OrderEvent */
/** @typedef {import("./wire.js").FeedEvent} FeedEvent */
/** @typedef {import("./wire.js").Resync} Resync */
/** @typedef {import("./websocket.js").WebSocketClient} WebSocketClient */

/** A connection that lasted so long was a good one, although nothing came over it. */
const GOOD_MS = 30_000;
/** The engine's close codes (docs/API.md, Following orders). */
const ENDED = 1000;
const FINAL = new Map([
  [4000, "it could not read what was sent"],
  [4001, "the key was revoked"],
]);

/** Opens connections one after the other, with growing pauses, until too many in a row brought nothing. */
class Connection {
  #transport;
  #signal;
  /** @type {WebSocketClient | undefined} */
  #socket;
  #url;
  #openedAt = 0;
  #failures = 0;

  /**
   * @param {Transport} transport
   * @param {AbortSignal} [signal]
   */
  constructor(transport, signal) {
    this.#transport = transport;
    this.#signal = signal;
    this.#url = transport.url;
  }

  /**
   * The next message of the open connection; `null` where the engine says that no more will come, `undefined`
   * where the connection was lost and another one may be opened.
   */
  async receive() {
    const { text, closed = ENDED, reason = "" } = (await this.#socket?.next()) ?? {};
    if (text !== undefined) return text;
    this.#socket = undefined;
    if (closed === ENDED) return null;
    const final = FINAL.get(closed);
    if (final) throw new ClosedError(closed, reason || final);
    const what = `the stream of ${this.#url} is lost again and again (${closed} ${reason.trim()})`;
    await this.lost(new UnreachableError(what, { mayHaveArrived: true }));
    return undefined;
  }

  /** @param {() => string} path */
  async open(path) {
    while (!this.#socket) {
      this.#signal?.throwIfAborted();
      try {
        this.#socket = await openSocket(this.#url, path(), this.#transport.headers, {
          connectLimitMs: this.#transport.answerLimitMs,
          silenceLimitMs: this.#transport.silenceLimitMs,
          signal: this.#signal,
        });
        this.#transport.answered(this.#url);
        this.#openedAt = Date.now();
      } catch (error) {
        if (!isTransient(error)) throw error;
        await this.#failed(error);
      }
    }
  }

  /**
   * The connection ended: the next one may be opened after this.
   *
   * @param {unknown} error Thrown where too many in a row did.
   */
  async lost(error) {
    this.#socket = undefined;
    if (Date.now() - this.#openedAt >= GOOD_MS) this.#failures = 0;
    await this.#failed(error);
  }

  /** @param {unknown} error */
  async #failed(error) {
    this.#signal?.throwIfAborted();
    this.#failures += 1;
    const asked = retryAfterOf(error);
    if (this.#failures >= this.#transport.tries || asked > this.#transport.retryAfterMaxMs) throw error;
    if (isAway(error)) this.#url = this.#transport.after(this.#url);
    await this.#transport.pause(this.#failures - 1, asked, this.#signal);
  }

  /** Something came: failures are counted from one again. */
  succeeded() {
    this.#failures = 0;
  }

  close() {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/**
 * Each event of an order once and in order, its last one included.
 *
 * @param {Transport} transport
 * @param {string} orderId
 * @param {{ since?: number, signal?: AbortSignal }} options
 * @returns {AsyncGenerator<OrderEvent, void, undefined>}
 */
export async function* follow(transport, orderId, { since = -1, signal } = {}) {
  const connection = new Connection(transport, signal);
  const path = () => {
    const after = since < 0 ? "" : `?since=${since}`;
    return `/api/orders/${encodeURIComponent(orderId)}/stream${after}`;
  };
  try {
    for (;;) {
      await connection.open(path);
      const text = await connection.receive();
      if (text === null) return;
      if (text === undefined) continue;
      const event = /** @type {OrderEvent} */ (read(transport, text));
      if (typeof event?.seq !== "number") throw unexpected(transport, "a message that is no event");
      // What the engine repeats after a reconnect is told once.
      if (event.seq <= since) continue;
      if (event.seq !== since + 1) {
        connection.close();
        await connection.lost(unexpected(transport, `event ${event.seq} came behind event ${since}`));
        continue;
      }
      since = event.seq;
      connection.succeeded();
      yield event;
      if (ENDS.includes(event.status)) return;
    }
  } finally {
    connection.close();
  }
}

/**
 * The events of all orders that the key may see, from now on or from after a `cursor`. Where some may be missing a
 * `{ type: "resync" }` stands in their place: read what matters again then. An event may come twice, or after a
 * later one of its order: keep the highest `seq` of each.
 *
 * @implements {AsyncIterable<FeedEvent | Resync>}
 */
export class Feed {
  #transport;
  #connection;
  #statuses;
  #cursor;
  #wasOpen = false;
  #mayMiss = false;

  /**
   * @param {Transport} transport
   * @param {{ statuses?: readonly import("./wire.js").StatusName[], cursor?: string, signal?: AbortSignal }} [options]
   */
  constructor(transport, { statuses, cursor, signal } = {}) {
    this.#transport = transport;
    this.#connection = new Connection(transport, signal);
    this.#statuses = statuses;
    this.#cursor = cursor;
  }

  /** Where to go on: give it to the next program's stream. `undefined` before the first event. */
  get cursor() {
    return this.#cursor;
  }

  /** Opens it now: whatever happens from here on will come. So open it first, and then read the lists. */
  async open() {
    await this.#connection.open(this.#path);
    this.#wasOpen = true;
  }

  /** @returns {Promise<FeedEvent | Resync>} */
  async next() {
    for (;;) {
      await this.open();
      if (this.#mayMiss) {
        this.#mayMiss = false;
        return { type: "resync" };
      }
      const text = await this.#connection.receive();
      if (text === undefined) continue;
      if (text === null) {
        // This stream has no end.
        await this.#connection.lost(unexpected(this.#transport, "the stream of all orders ends again and again"));
        continue;
      }
      const message = /** @type {FeedEvent | Resync | { type: "resumed" }} */ (read(this.#transport, text));
      this.#connection.succeeded();
      if ("type" in message) {
        if (message.type === "resync") return message;
        continue;
      }
      if (typeof message.cursor !== "string") throw unexpected(this.#transport, "a message that is no event");
      this.#cursor = message.cursor;
      return message;
    }
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (;;) yield await this.next();
    } finally {
      this.close();
    }
  }

  /** Ends it. */
  close() {
    this.#connection.close();
  }

  #path = () => {
    // Opened again without a place to go on from: what happened meanwhile was not seen.
    if (this.#wasOpen && this.#cursor === undefined) this.#mayMiss = true;
    const query = new URLSearchParams();
    if (this.#statuses) query.set("status", this.#statuses.join(","));
    if (this.#cursor !== undefined) query.set("cursor", this.#cursor);
    const text = query.toString();
    return `/api/stream${text && `?${text}`}`;
  };
}

/**
 * @param {Transport} transport
 * @param {string} text
 */
function read(transport, text) {
  const message = parse(transport.url, text);
  if (typeof message === "object" && message !== null) return message;
  throw unexpected(transport, "a message that is no object");
}

/**
 * @param {Transport} transport
 * @param {string} what
 */
function unexpected(transport, what) {
  return new UnexpectedAnswerError(`${transport.url} does not answer like an engine: ${what}`);
}
