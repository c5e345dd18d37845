/** Headers of every answer. */

/**
 * What pages of this server may do: run its own scripts and WebAssembly (`'wasm-unsafe-eval'`: tfjs-wasm, tiktoken), show
 * images it holds in memory, and talk to this server and hosts of models only. No inline script or style, no frame, no form elsewhere.
 */
const pagePolicy = (modelHosts: readonly string[]) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...modelHosts.map((host) => `https://${host}`)].join(" "),
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** For images: whoever opens one by its URL runs nothing. */
export const IMAGE_POLICY = "default-src 'none'; sandbox";

/** COOP and COEP isolate the page, which threads of WebAssembly need. */
export const securityHeaders = ({
  modelHosts,
}: {
  readonly modelHosts: readonly string[];
}): Readonly<Record<string, string>> => ({
  "content-security-policy": pagePolicy(modelHosts),
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
});
