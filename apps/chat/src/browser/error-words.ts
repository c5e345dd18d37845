/** Errors of a browser that has run out of memory, which say so in many ways, in words for people. */

const OUT_OF_MEMORY =
  /out of memory|OOM|allocation failed|could not allocate|cannot enlarge memory|memory access out of bounds|Invalid typed array length|buffer size.*exceeds|device (was|is) lost/i;

/** The error's message; for one that comes from a lack of memory, what it means and what to do in front of it. */
export function errorWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String((error as { message?: unknown })?.message ?? error);
  if (!OUT_OF_MEMORY.test(message)) return message;
  return `this browser has not enough memory for the model; close other tabs, choose another backend, or let the server answer (${message})`;
}
