// Numbers, amounts and times for reading. Whatever is shortened keeps its full text in a title.

/** Digits shown after the point of an amount of one or more. */
const FRACTION_DIGITS = 4;
/** Digits shown of an amount below one, leading zeros apart. */
const SMALL_DIGITS = 4;
const LAMPORT_DIGITS = 9;

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A decimal text with its thousands apart and cut to what one reads. */
export function amount(text) {
  if (text === null || text === undefined) return "–";
  const [whole, fraction = ""] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const zeros = /^0*/.exec(fraction)[0].length;
  const digits = whole === "0" ? zeros + SMALL_DIGITS : FRACTION_DIGITS;
  const shown = fraction.slice(0, digits).replace(/0+$/, "");
  return shown ? `${grouped}.${shown}` : grouped;
}

/** The same with a sign, also where it is above zero. */
export function signedAmount(text) {
  if (text.startsWith("-")) return `−${amount(text.slice(1))}`;
  return /[1-9]/.test(text) ? `+${amount(text)}` : "0";
}

/** Lamports as SOL. */
export function sol(lamports) {
  const digits = String(lamports).padStart(LAMPORT_DIGITS + 1, "0");
  return amount(`${digits.slice(0, -LAMPORT_DIGITS)}.${digits.slice(-LAMPORT_DIGITS)}`);
}

export const count = (number) => counts.format(number);

/** A rate: one decimal while it is small. */
export function rate(number) {
  return number < 10 ? number.toFixed(1).replace(/\.0$/, "") : counts.format(number);
}

/** A fraction in percent: `0.0025` is `0.25 %`. */
export function percent(fraction) {
  const value = Number(fraction) * 100;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value.toFixed(2).replace(/\.?0+$/, "")} %`;
}

/** Basis points above or below something, with a sign. */
export const signedBps = (bps) => (bps === 0 ? "0 bp" : `${bps > 0 ? "+" : "−"}${Math.abs(bps)} bp`);

export function duration(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1).replace(/\.0+$/, "")} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** How long something has been there: whole seconds at least, unlike what is measured. */
export const age = (ms) => duration(Math.max(1_000, ms - (ms % 1_000)));

export const timeOfDay = (timestamp) => clock.format(new Date(timestamp));

/** The clock today, with the day before that. */
export function moment(timestamp) {
  const at = new Date(timestamp);
  const isToday = at.toDateString() === new Date().toDateString();
  return (isToday ? clock : dayAndClock).format(at);
}

/** The part of an id that tells two apart: ids of one moment share their beginning. */
export const shortId = (id) => `…${id.slice(-8)}`;

/** Both ends of a signature. */
export const shortHash = (hash) => (hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-8)}` : hash);

/** A token without a symbol is called by its mint's address. */
export const tokenName = (name) => (name.length > 20 ? `${name.slice(0, 4)}…${name.slice(-4)}` : name);

const VENUES = { raydium: "Raydium", meteora: "Meteora" };
const POOLS = { cpmm: "CPMM", amm_v4: "AMM v4", damm_v2: "DAMM v2", dlmm: "DLMM" };

export const venueName = (dex) => VENUES[dex] ?? dex;
export const poolName = (pool) => POOLS[pool] ?? pool;

/** `Meteora · DAMM v2` */
export function venueAndPool(dex, pool) {
  if (!dex) return "";
  return pool ? `${venueName(dex)} · ${poolName(pool)}` : venueName(dex);
}

/** What an order swaps, such as `1.5 SOL → USDC`, or `SOL → 150 USDC` while it is not known what that costs. */
export function swapName({ amountIn, amountOutWanted, tokenIn, tokenOut }) {
  if (amountIn === null && amountOutWanted) return `${tokenName(tokenIn)} → ${amount(amountOutWanted)} ${tokenName(tokenOut)}`;
  return `${amount(amountIn)} ${tokenName(tokenIn)} → ${tokenName(tokenOut)}`;
}
