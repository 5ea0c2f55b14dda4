// A WebSocket that comes back by itself. What it resumes from is its owner's business.

import { Problem, address, post } from "./api.js";
import { retryDelay } from "./backoff.js";
import { connection } from "./connection.js";
import { session } from "./session.js";

const OPEN_WITHIN_MS = 10_000;
/** A network that went away without a word shows only when something is asked. */
const ASK_AFTER_MS = 20_000;
const ANSWER_WITHIN_MS = 10_000;

/** Close codes after which coming back makes no sense. */
const ENDED = 1000;
const BAD_MESSAGE = 4000;
/** The key was revoked: another one is needed first. */
const KEY_REVOKED = 4001;
/** Too many connections: not before a while. */
const TOO_MANY = 4009;

/**
 * Keeps a socket open until `close()` or until the server says that there is no more to come.
 *
 * `where()` gives path and query anew for each try; `onMessage(object)`, `onOpen()`,
 * `onPhase("connecting" | "live" | "waiting" | "ended")`, `onRefused()` after tries that never opened.
 */
export function keepOpen({ where, onMessage, onOpen = () => {}, onPhase = () => {}, onRefused = () => {} }) {
  let socket = null;
  let failures = 0;
  let timer = 0;
  let heartbeat = 0;
  let closed = false;
  /** Counts tries: one that was overtaken while it asked for a token must not open a second socket. */
  let tries = 0;

  async function connect() {
    clearTimeout(timer);
    tries += 1;
    const mine = tries;
    onPhase("connecting");
    let url;
    try {
      url = await socketAddress(where());
    } catch (error) {
      if (!closed && mine === tries) waitAfter(error instanceof Problem && error.status === 401);
      return;
    }
    if (!closed && mine === tries) listen(new WebSocket(url));
  }

  function listen(opening) {
    socket = opening;
    let isOpen = false;
    timer = setTimeout(() => opening.close(), OPEN_WITHIN_MS);
    opening.onopen = () => {
      if (socket !== opening) return;
      isOpen = true;
      clearTimeout(timer);
      failures = 0;
      stayAwake();
      onPhase("live");
      onOpen();
    };
    opening.onmessage = ({ data }) => {
      if (socket !== opening) return;
      stayAwake();
      const message = JSON.parse(data);
      if (message.type !== "pong") onMessage(message);
    };
    opening.onclose = ({ code }) => {
      if (socket !== opening) return;
      socket = null;
      clearTimeout(heartbeat);
      if (closed) return;
      if (code === ENDED || code === BAD_MESSAGE) {
        onPhase("ended");
        return;
      }
      if (!isOpen) onRefused();
      if (code === TOO_MANY) failures += 4;
      if (code === KEY_REVOKED) connection.set({ needsKey: true });
      waitAfter(code === KEY_REVOKED);
    };
  }

  function stayAwake() {
    clearTimeout(heartbeat);
    heartbeat = setTimeout(() => {
      socket?.send('{"type":"ping"}');
      heartbeat = setTimeout(dropSilent, ANSWER_WITHIN_MS);
    }, ASK_AFTER_MS);
  }

  // A dead network does not finish the closing handshake either, so it is not waited for.
  function dropSilent() {
    const silent = socket;
    socket = null;
    silent?.close();
    waitAfter(false);
  }

  function waitAfter(needsKey) {
    onPhase("waiting");
    clearTimeout(timer);
    if (!needsKey) timer = setTimeout(connect, retryDelay(failures));
    failures += 1;
  }

  function connectNow() {
    if (closed || socket !== null) return;
    failures = 0;
    connect();
  }

  const forgetSession = session.subscribe(() => {
    // A socket that was opened under another key shows another client's orders.
    const old = socket;
    socket = null;
    old?.close();
    connectNow();
  });
  window.addEventListener("online", connectNow);
  connect();

  return {
    connectNow,
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(heartbeat);
      forgetSession();
      window.removeEventListener("online", connectNow);
      socket?.close();
    },
  };
}

/** Browsers cannot set headers on a WebSocket, so a key becomes a short-lived token. */
async function socketAddress({ path, query }) {
  const { apiKey } = session.get();
  if (connection.get().needsKey && !apiKey) throw new Problem(401, { code: "unauthorized" });
  const token = apiKey ? (await post("/api/ws-token")).token : null;
  const url = address(path, { ...query, token });
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
