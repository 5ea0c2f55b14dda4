// An order in a list, kept up to date by events: what each event changes of the order's own view.

/** The fields of the order that this event tells. */
export function patchOf(event) {
  const patch = {
    orderId: event.orderId,
    status: event.status,
    seq: event.seq,
    updatedAt: event.timestamp,
    lastError: null,
  };
  if (event.status !== "pending") patch.waiting = null;
  switch (event.status) {
    case "pending":
      patch.attempts = event.attempt - 1;
      patch.lastError = event.error ?? null;
      patch.dex = null;
      patch.pool = null;
      patch.txHash = null;
      break;
    case "building":
      patch.dex = event.dex;
      patch.pool = event.pool;
      break;
    case "submitted":
      patch.dex = event.dex;
      patch.txHash = event.txHash;
      break;
    case "confirmed":
      patch.dex = event.dex;
      patch.pool = event.pool;
      patch.txHash = event.txHash;
      patch.executedPrice = event.executedPrice;
      patch.amountOut = event.amountOut;
      patch.attempts = event.attempt;
      break;
    case "failed":
      patch.errorReason = event.errorReason;
      patch.errorCode = event.errorCode;
      patch.attempts = event.attempt;
      break;
    case "cancelled":
    case "expired":
      patch.reason = event.reason;
      break;
    default:
  }
  return patch;
}

/** The newer of what is known and what came: answers and events may overtake each other. */
export function newer(known, incoming) {
  return incoming.seq >= known.seq ? { ...known, ...incoming } : { ...incoming, ...known };
}
