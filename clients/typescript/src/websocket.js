// A WebSocket's client side (RFC 6455) over node:http: what the engine's streams need of it. Node has a WebSocket
// of its own since version 22 only; it cannot carry a key in its head, and does not tell why it was refused.

import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

import { EngineError, UnreachableError } from "./errors.js";
import { refusal } from "./transport.js";

/** From the protocol. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CONTINUED = 0;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** No event is longer. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const REFUSAL_BYTES_MAX = 64 * 1024;
/** How a connection is said to have ended that nobody closed. */
export const LOST = 1006;

/**
 * @typedef {object} Received
 * @property {string} [text] A message.
 * @property {number} [closed] The code with which the connection was closed.
 * @property {string} [reason] What the server, or the network, says about that.
 */

/**
 * Opens a connection; a refusal is thrown as that of any call.
 *
 * @param {string} url
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {{ connectLimitMs: number, silenceLimitMs: number, signal?: AbortSignal | undefined }} limits
 * @returns {Promise<WebSocketClient>}
 */
export function openSocket(url, path, headers, { connectLimitMs, silenceLimitMs, signal }) {
  const key = randomBytes(16).toString("base64");
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const lost = (/** @type {unknown} */ error) => {
      const why = error instanceof Error ? error.message : String(error);
      const its = error instanceof EngineError;
      reject(its ? error : new UnreachableError(`no engine answers at ${url}: ${why}`, { cause: error, mayHaveArrived: true }));
    };
    const opening = request(url + path, {
      // A connection of its own: it is handed over.
      agent: false,
      headers: {
        ...headers,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
      },
      ...(signal ? { signal } : {}),
    });
    const timer = setTimeout(() => opening.destroy(new Error(`no answer within ${connectLimitMs} ms`)), connectLimitMs);
    opening.on("close", () => clearTimeout(timer));
    opening.on("error", lost);
    opening.on("upgrade", (response, stream, head) => {
      clearTimeout(timer);
      const expected = createHash("sha1").update(key + GUID).digest("base64");
      if (response.headers["sec-websocket-accept"] !== expected) {
        stream.destroy();
        return lost(new Error("it does not speak WebSocket"));
      }
      resolve(new WebSocketClient(/** @type {import("node:net").Socket} */ (stream), head, silenceLimitMs, signal));
    });
    opening.on("response", async (response) => {
      try {
        let text = "";
        for await (const piece of response.setEncoding("utf8")) {
          text += piece;
          if (text.length > REFUSAL_BYTES_MAX) break;
        }
        lost(refusal(url, response.statusCode ?? 0, text, response.headers["retry-after"]));
      } catch (error) {
        lost(error);
      } finally {
        opening.destroy();
      }
    });
    opening.end();
  });
}

/** An open connection. What nobody takes from it waits in the network and not in memory. */
export class WebSocketClient {
  #stream;
  #chunks;
  #buffer = Buffer.alloc(0);
  /** @type {Buffer[]} */
  #parts = [];
  #size = 0;
  #signal;
  #abort = () => this.#stream.destroy();

  /**
   * @param {import("node:net").Socket} stream
   * @param {Buffer} head What came right behind the answer.
   * @param {number} silenceLimitMs
   * @param {AbortSignal} [signal]
   */
  constructor(stream, head, silenceLimitMs, signal) {
    this.#stream = stream;
    this.#signal = signal;
    if (head.length > 0) stream.unshift(head);
    // Its end is told by the iterator; between two messages nobody listens there.
    stream.on("error", () => {});
    stream.setNoDelay(true);
    stream.setTimeout(silenceLimitMs, () => stream.destroy(new Error(`silent for ${silenceLimitMs} ms`)));
    this.#chunks = stream[Symbol.asyncIterator]();
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) this.#abort();
  }

  /**
   * The next message, or how the connection ended.
   *
   * @returns {Promise<Received>}
   */
  async next() {
    try {
      for (;;) {
        const frame = this.#frame();
        if (!frame) {
          const { done, value } = await this.#chunks.next();
          if (done) return { closed: LOST, reason: "the connection ended" };
          this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
          continue;
        }
        const received = this.#take(frame);
        if (received) return received;
      }
    } catch (error) {
      this.close();
      return { closed: LOST, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Ends the connection. */
  close() {
    this.#signal?.removeEventListener("abort", this.#abort);
    if (this.#stream.writable) this.#send(CLOSE, Buffer.from([0x03, 0xe8]));
    this.#stream.destroySoon();
  }

  /** The next whole frame of what has come. */
  #frame() {
    const bytes = this.#buffer;
    if (bytes.length < 2) return undefined;
    const first = bytes.readUInt8(0);
    const short = bytes.readUInt8(1);
    if (first & 0x70) throw new Error("a frame with an extension that nobody asked for");
    if (short & 0x80) throw new Error("a masked frame from a server");
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.length < 2 + wide) return undefined;
    const length = wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (length > MESSAGE_BYTES_MAX) throw new Error("a message that is too long");
    const end = 2 + wide + length;
    if (bytes.length < end) return undefined;
    this.#buffer = bytes.subarray(end);
    return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload: bytes.subarray(2 + wide, end) };
  }

  /**
   * @param {{ isLast: boolean, opcode: number, payload: Buffer }} frame
   * @returns {Received | undefined}
   */
  #take({ isLast, opcode, payload }) {
    switch (opcode) {
      case PING:
        this.#send(PONG, payload);
        return undefined;
      case PONG:
        return undefined;
      case CLOSE: {
        const closed = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        this.close();
        return { closed, reason: payload.subarray(2).toString("utf8") };
      }
      case TEXT:
      case CONTINUED: {
        if ((opcode === TEXT) === this.#parts.length > 0) throw new Error("a message in another one");
        this.#parts.push(payload);
        this.#size += payload.length;
        if (this.#size > MESSAGE_BYTES_MAX) throw new Error("a message that is too long");
        if (!isLast) return undefined;
        const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(this.#parts));
        this.#parts = [];
        this.#size = 0;
        return { text };
      }
      default:
        throw new Error(`a frame of the unknown kind ${opcode}`);
    }
  }

  /**
   * @param {number} opcode
   * @param {Buffer} payload At most 125 bytes: a control frame has no more.
   */
  #send(opcode, payload) {
    if (payload.length > 125) throw new Error("a control frame that is too long");
    const mask = randomBytes(4);
    const masked = payload.map((byte, at) => byte ^ /** @type {number} */ (mask[at % 4]));
    this.#stream.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]));
  }
}
