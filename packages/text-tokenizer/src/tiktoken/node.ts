/** tiktoken under Node: its package loads the wasm file by itself, synchronously. */
export { Tiktoken } from "tiktoken/lite";

/**
 * Loads tiktoken's wasm. Under Node this is not needed and does nothing. In a browser call it once, before any
 * `TextTokenizer` is made, with the address or the bytes of `tiktoken/lite/tiktoken_bg.wasm`; see `browser.ts`.
 */
export async function initTextTokenizer(_wasm?: string | URL | BufferSource): Promise<void> {}
