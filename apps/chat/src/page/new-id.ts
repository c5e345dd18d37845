/** A random id of 128 bits. `crypto.randomUUID` is not there on pages that come by plain http from another machine. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
