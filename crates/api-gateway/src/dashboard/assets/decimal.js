// Decimal texts, exactly: amounts never pass through a float on their way to the engine or to a comparison.

const PLAIN = /^(\d+)(?:\.(\d+))?$/;
/** A basis point is a ten-thousandth. */
const BPS = 10_000n;

/** The sum of decimals of which some may be below zero. */
export function sum(texts) {
  const parts = texts.map((text) => ({ sign: text.startsWith("-") ? -1n : 1n, ...parse(text.replace("-", "")) }));
  const scale = Math.max(0, ...parts.map((part) => part.scale));
  const total = parts.reduce((all, part) => all + part.sign * alignTo(scale, part), 0n);
  return total < 0n ? `-${print(-total, scale)}` : print(total, scale);
}

/** Digits and scale of a plain decimal; null where the text is something else. */
export function parse(text) {
  const match = PLAIN.exec(text);
  if (match === null) return null;
  const [, whole, fraction = ""] = match;
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

function alignTo(scale, { digits, scale: own }) {
  return digits * 10n ** BigInt(scale - own);
}

function aligned(one, other) {
  const [a, b] = [parse(one), parse(other)];
  const scale = Math.max(a.scale, b.scale);
  return [alignTo(scale, a), alignTo(scale, b), scale];
}

function print(digits, scale) {
  const padded = digits.toString().padStart(scale + 1, "0");
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, "");
  const whole = padded.slice(0, padded.length - scale);
  return scale > 0 && fraction ? `${whole}.${fraction}` : whole;
}

/** Decimals that count: zeros at the end do not. */
export function decimalsOf(text) {
  const [, fraction = ""] = text.split(".");
  return fraction.replace(/0+$/, "").length;
}

export const isZero = (text) => parse(text)?.digits === 0n;

/** Whether `one` is the larger. */
export function isMore(one, other) {
  const [a, b] = aligned(one, other);
  return a > b;
}

/** `one - other`, where `one` is not the smaller. */
export function minus(one, other) {
  const [a, b, scale] = aligned(one, other);
  return print(a - b, scale);
}

/** How much more `one` is than `other`, in basis points with one decimal, as a number for reading. */
export function bpsAbove(one, other) {
  const [a, b] = aligned(one, other);
  if (b === 0n) return 0;
  return Number(((a - b) * BPS * 10n) / b) / 10;
}

/** What is left of an amount after `bps` of slippage, rounded up to the token's decimals as the engine does. */
export function floorAfter(text, bps, decimals) {
  const { digits, scale } = parse(text);
  const least = digits * (BPS - BigInt(bps)) * 10n ** BigInt(Math.max(0, decimals - scale));
  const roundedUp = (least + BPS - 1n) / BPS;
  return print(roundedUp, Math.max(scale, decimals));
}
