// A value that tells who is interested when it changes.

export function observable(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    /** Merges a change in; nobody is told where nothing differs. */
    set(change) {
      if (Object.entries(change).every(([name, next]) => Object.is(value[name], next))) return;
      value = { ...value, ...change };
      for (const listener of [...listeners]) listener(value);
    },
    /** Returns the function that ends the interest. */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The same for things that happen: nothing is kept for those who come later. */
export function topic() {
  const listeners = new Set();
  return {
    emit(message) {
      for (const listener of [...listeners]) listener(message);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
