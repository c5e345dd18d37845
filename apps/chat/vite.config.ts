/** The web page: `src/page` and, in workers, `src/browser`, bundled into `dist/page`, from where the server serves it. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("src/page"),
  base: "./",
  resolve: {
    // The published vocabularies (4 MB); a model folder brings its own.
    alias: [{ find: /^tiktoken\/encoders\/.*/, replacement: at("src/browser/no-vocabulary.ts") }],
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: at("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    // The server lets scripts, styles and images come from itself only, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: at("src/page/index.html"), "service-worker": at("src/browser/offline/service-worker.ts") },
      // A service worker has one address for ever.
      output: { entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js") },
    },
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: "es" },
  // While the page is being worked on (`npx vite`), a server beside it answers.
  server: {
    proxy: { "/v1": "http://127.0.0.1:8000", "/api": "http://127.0.0.1:8000", "/models": "http://127.0.0.1:8000" },
  },
});
