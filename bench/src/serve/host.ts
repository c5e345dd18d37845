/**
 * The server under test, in a process of its own: as `interfuse serve` starts it, and able to lose a worker on request. Its
 * argument is a `HostOptions` in JSON; it answers with `{ url }`, ends a worker on "end-worker", and ends with its parent.
 */
import { startServer } from "@interfuse/chat";
import type { HostOptions } from "./server-process.ts";

const { model, numWorkers, maxStoredBytes, backend } = JSON.parse(process.argv[2] ?? "") as HostOptions;
const id = "model";
const server = await startServer({
  models: [{ folder: model, id }],
  port: 0,
  backend,
  numWorkers,
  // All clients come from one address.
  maxJobsPerKey: 1024,
  limits: maxStoredBytes === undefined ? {} : { maxStoredBytes },
  log: (line) => process.stderr.write(`${line}\n`),
});
process.on("message", (message) => {
  if (message === "end-worker") void server.engine.replaceWorker(id, 0);
});
process.on("disconnect", () => process.exit(0));
process.send?.({ url: server.url });
