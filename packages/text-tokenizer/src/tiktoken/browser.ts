/** tiktoken in a browser: the wasm file has to be fetched once before the first tokenizer is made. */
import { init, Tiktoken as TiktokenBinding } from "tiktoken/lite/init";

export { TiktokenBinding as Tiktoken };

/**
 * Loads tiktoken's wasm. Under Node this is not needed and does nothing. In a browser call it once, before any
 * `TextTokenizer` is made; calls after the first return at once.
 * @param wasm where `tiktoken/lite/tiktoken_bg.wasm` is served, or its bytes; with Vite:
 *   `import wasmUrl from "tiktoken/lite/tiktoken_bg.wasm?url"`
 * @throws {Error} when the file cannot be fetched
 */
export async function initTextTokenizer(wasm?: string | URL | BufferSource): Promise<void> {
  await init(async (imports) => {
    if (wasm === undefined) {
      throw new TypeError(
        "initTextTokenizer: a browser needs the address or the bytes of tiktoken/lite/tiktoken_bg.wasm; " +
          'with Vite, pass the default import of "tiktoken/lite/tiktoken_bg.wasm?url"',
      );
    }
    const bytes = typeof wasm === "string" || wasm instanceof URL ? await fetchBytes(wasm) : wasm;
    return WebAssembly.instantiate(bytes, imports);
  });
}

async function fetchBytes(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`initTextTokenizer: "${url}" answered ${response.status}; check where the wasm file is served`);
  }
  return response.arrayBuffer();
}
