/** A value that components watch: the smallest store that will do. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export type Store<State> = {
  get(): State;
  /** Takes the next state from the last; states are never changed in place. */
  set(update: (state: State) => State): void;
  /** @returns ends the subscription */
  subscribe(listener: (state: State, last: State) => void): () => void;
};

export function createStore<State>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<(state: State, last: State) => void>();
  return {
    get: () => state,
    set(update) {
      const last = state;
      state = update(last);
      if (state !== last) for (const listener of listeners) listener(state, last);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Part of a store's state; the component renders again when that part is another value. */
export function useStore<State, Value>(store: Store<State>, select: (state: State) => Value): Value {
  const [, setRender] = useState(0);
  const value = select(store.get());
  const latest = useRef({ select, value });
  latest.current = { select, value };
  useLayoutEffect(() => {
    const refresh = () => {
      const { select: read, value: shown } = latest.current;
      if (!Object.is(read(store.get()), shown)) setRender((count) => count + 1);
    };
    refresh();
    return store.subscribe(refresh);
  }, [store]);
  return value;
}
