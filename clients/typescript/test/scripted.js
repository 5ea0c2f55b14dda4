// A server that answers as it is told: each request with the next of its answers, the last one all that follow.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

import { OrderEngine } from "../src/index.js";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
export const ACCEPTED = { success: true, orderId: "o-1", status: "pending", message: "", wsUrl: "", queue: null };
export const FAST = { firstWaitMs: 1, longestWaitMs: 2, answerLimitMs: 5_000 };

/**
 * @typedef {object} Request
 * @property {string | undefined} method
 * @property {string} path
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {any} body
 */
/** @typedef {(socket: import("node:net").Socket, request: Request) => void} Answer */

/**
 * @param {import("node:test").TestContext} t
 * @param {...Answer} answers
 */
export async function serve(t, ...answers) {
  /** @type {Request[]} */
  const requests = [];
  /** @type {Set<import("node:net").Socket>} */
  const open = new Set();
  const server = createServer();
  const take = (/** @type {import("node:http").IncomingMessage} */ message, /** @type {string} */ text) => {
    const { method, url = "", headers, socket } = message;
    const request = { method, path: url, headers, body: text ? JSON.parse(text) : undefined };
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(socket, request);
  };
  server.on("request", async (message) => {
    let text = "";
    for await (const piece of message.setEncoding("utf8")) text += piece;
    take(message, text);
  });
  server.on("upgrade", (message) => take(message, ""));
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}`;
  /** @param {Partial<import("../src/index.js").Settings>} [settings] */
  const client = (settings) => new OrderEngine({ urls: url, ...FAST, ...settings });
  return { url, requests, client };
}

/**
 * An answer of JSON.
 *
 * @param {number} status
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @returns {Answer}
 */
export function says(status, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const named = { "Content-Length": Buffer.byteLength(text), Connection: "close", ...headers };
  const lines = Object.entries(named).map(([name, value]) => `${name}: ${value}`);
  return (socket) => socket.end(`HTTP/1.1 ${status} Said\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}

/**
 * @param {number} status
 * @param {string} code
 * @param {object} [more]
 * @param {Record<string, string>} [headers]
 */
export function refuses(status, code, more = {}, headers = {}) {
  const problem = { type: "", title: "", status, detail: "no", code, success: false, error: "no", ...more };
  return says(status, problem, headers);
}

/** The request arrives, and its answer does not. @type {Answer} */
export const loses = (socket) => void socket.destroy();

/**
 * A socket that sends these, and is cut then, closed with a code, or left open.
 *
 * @param {(object | Buffer)[]} messages
 * @param {"cut" | "open" | number} [then]
 * @returns {Answer}
 */
export function opens(messages, then = "cut") {
  return (socket, { headers }) => {
    const accept = createHash("sha1").update(headers["sec-websocket-key"] + GUID).digest("base64");
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    const frames = messages.map((it) => (Buffer.isBuffer(it) ? it : textFrame(JSON.stringify(it))));
    if (typeof then === "number") frames.push(frame(0x88, Buffer.from([then >> 8, then & 0xff])));
    socket.write(Buffer.concat([Buffer.from(head), ...frames]));
    if (then === "cut") socket.end();
  };
}

/** @param {string} text */
export function textFrame(text) {
  return frame(0x81, Buffer.from(text));
}

/**
 * @param {number} first
 * @param {Buffer} payload
 */
export function frame(first, payload) {
  const { length } = payload;
  const head = length < 126 ? [first, length] : [first, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

/**
 * @param {number} seq
 * @param {string} [status]
 * @param {object} [more]
 */
export function event(seq, status = "pending", more = {}) {
  return { orderId: "o-1", seq, status, timestamp: "", attempt: 1, ...more };
}

/**
 * @template T
 * @param {AsyncIterable<T>} items
 */
export async function all(items) {
  const taken = [];
  for await (const item of items) taken.push(item);
  return taken;
}
