// The engine's counts, asked for every second, and the last minutes of them for the charts.

import { get } from "./api.js";
import { retryDelay } from "./backoff.js";
import { observable } from "./observable.js";
import { session } from "./session.js";

const EVERY_MS = 1_000;
/** How far back charts look. */
export const SPAN_MS = 5 * 60_000;
/** Rates and shares are taken over this long, so that one second's luck is not a trend. */
const RATE_OVER_MS = 5_000;
const SHARE_OVER_MS = 30_000;

/** `latest`: the last answer; `samples`: oldest first, each with `at`; `nextTryAt`: set while failing. */
export const stats = observable({ latest: null, samples: [], nextTryAt: 0 });

let timer = 0;
let failures = 0;
let generation = 0;

/** Begins asking; once is enough for the life of the page. */
export function startStats() {
  session.subscribe(pollNow);
  poll();
}

/** Does not wait for the next try. */
export function pollNow() {
  clearTimeout(timer);
  poll();
}

async function poll() {
  generation += 1;
  const mine = generation;
  let delay = EVERY_MS;
  try {
    const latest = await get("/api/stats");
    if (mine !== generation) return;
    failures = 0;
    stats.set({ latest, samples: withSample(stats.get().samples, latest), nextTryAt: 0 });
  } catch {
    if (mine !== generation) return;
    delay = Math.max(EVERY_MS, retryDelay(failures));
    failures += 1;
    stats.set({ nextTryAt: Date.now() + delay });
  }
  timer = setTimeout(poll, delay);
}

function withSample(samples, latest) {
  const at = Date.now();
  const { byStatus, queue, latencyMs, workers } = latest;
  const sample = {
    at,
    ended: byStatus.confirmed + byStatus.failed + byStatus.cancelled + byStatus.expired,
    confirmed: byStatus.confirmed,
    failed: byStatus.failed,
    waiting: queue.waiting,
    delayed: queue.delayed,
    running: queue.running,
    p50: latencyMs.p50,
    p99: latencyMs.p99,
    slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
  };
  const kept = samples.filter((old) => old.at > at - SPAN_MS);
  sample.rate = ratePerSecond(kept, sample);
  sample.success = successShare(kept, sample);
  return [...kept, sample];
}

function since(samples, sample, span) {
  return samples.find((old) => old.at >= sample.at - span);
}

function ratePerSecond(samples, sample) {
  const before = since(samples, sample, RATE_OVER_MS);
  // A store that was emptied counts from zero again.
  if (!before || before.ended > sample.ended || before.at === sample.at) return null;
  return ((sample.ended - before.ended) * 1_000) / (sample.at - before.at);
}

function successShare(samples, sample) {
  const before = since(samples, sample, SHARE_OVER_MS);
  if (!before) return null;
  const confirmed = sample.confirmed - before.confirmed;
  const judged = confirmed + sample.failed - before.failed;
  return judged > 0 ? confirmed / judged : null;
}
