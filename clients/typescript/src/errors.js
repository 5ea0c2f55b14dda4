// What can go wrong between a program and the engine, by what the program can do about it.

import { ADVICE } from "./wire.js";

/** @typedef {import("./wire.js").Problem} Problem */
/** @typedef {import("./wire.js").ProblemCode} ProblemCode */

/** Every error that this package makes, but for a `TypeError` where it is called wrongly. */
export class EngineError extends Error {
  /**
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer came. Of a submission that means nothing: {@link InDoubtError} is thrown there. */
export class UnreachableError extends EngineError {
  /**
   * @param {string} message
   * @param {{ cause?: unknown, mayHaveArrived: boolean }} options
   */
  constructor(message, { cause, mayHaveArrived }) {
    super(message, { cause });
    /** Whether the request may have reached an engine. */
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** Something answers, but not like an engine: a proxy, or another service. */
export class UnexpectedAnswerError extends EngineError {
  /**
   * @param {string} message
   * @param {{ status?: number, retryAfterMs?: number, cause?: unknown }} [options]
   */
  constructor(message, { status, retryAfterMs, cause } = {}) {
    super(message, { cause });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The engine refuses the call. `code` says why, `advice` what to do about it, and `message` both in words.
 *
 * @template {ProblemCode} [C=ProblemCode]
 */
export class RefusedError extends EngineError {
  /**
   * @param {Problem & { code: C }} problem
   * @param {number} [retryAfterMs]
   */
  constructor(problem, retryAfterMs) {
    /** A newer engine may know codes that this package does not. @type {string | undefined} */
    const advice = ADVICE[problem.code];
    super(explain(problem, advice));
    /** The whole answer. */
    this.problem = problem;
    /** Why, for programs. Stable. */
    this.code = problem.code;
    this.status = problem.status;
    /** What to do about it. */
    this.advice = advice;
    /** The fields that are wrong, and how. */
    this.fields = problem.errors ?? [];
    /** The order that the refusal is about. */
    this.orderId = problem.orderId;
    /** How far that order is. */
    this.orderStatus = problem.orderStatus;
    /** How long the engine asks to wait. */
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * An order may have been made, or may still be, and no answer says which. Submit the same order again under
 * the same `clientOrderId`: that makes no second one, and tells what became of the first. That the order
 * cannot be found proves nothing yet.
 */
export class InDoubtError extends EngineError {
  /**
   * @param {string} clientOrderId
   * @param {unknown} cause
   */
  constructor(clientOrderId, cause) {
    const heard = cause instanceof Error ? cause.message : String(cause);
    super(
      `the order may have been made (${heard}); to find out without making a second one, ` +
        `submit it again with the clientOrderId ${JSON.stringify(clientOrderId)}`,
      { cause },
    );
    /** The order's name. */
    this.clientOrderId = clientOrderId;
  }
}

/** The engine closed a stream for good. */
export class ClosedError extends EngineError {
  /**
   * @param {number} code
   * @param {string} reason
   */
  constructor(code, reason) {
    super(`the engine closed the stream with ${code}: ${reason}`);
    /** The WebSocket's close code. */
    this.code = code;
  }
}

/**
 * Whether this is the engine's refusal with that code.
 *
 * @template {ProblemCode} C
 * @param {unknown} error
 * @param {C} code
 * @returns {error is RefusedError<C>}
 */
export function isRefused(error, code) {
  return error instanceof RefusedError && error.code === code;
}

/**
 * @param {Problem} problem
 * @param {string | undefined} advice
 */
function explain({ detail, code, errors }, advice) {
  const fields = (errors ?? []).filter(({ message }) => !detail.includes(message));
  const parts = [detail, ...fields.map(({ field, message }) => `${field}: ${message}`)];
  return `${parts.join("; ")} (${code})${advice ? `: ${advice}` : ""}`;
}
