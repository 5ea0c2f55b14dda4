// How long to wait before the next try.

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Doubles with every failure, and is drawn from the upper half so that clients do not return together. */
export function retryDelay(failures) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + Math.random() / 2);
}
