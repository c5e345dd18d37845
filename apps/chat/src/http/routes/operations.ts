/** What operators and their machines ask: is it alive, is it ready, how is it doing. */
import type { RequestContext, ServerContext } from "../context.ts";

/** `GET /healthz`: the process answers. */
export function health() {
  return (c: RequestContext): Response => c.json({ status: "ok" });
}

/** `GET /readyz`: every model has a worker and requests are taken in. 503 also while the server drains. */
export function readiness({ engine }: ServerContext) {
  return (c: RequestContext): Response => {
    const { isReady } = engine;
    return c.json({ status: isReady ? "ready" : "not ready" }, isReady ? 200 : 503);
  };
}

/** `GET /metrics`, for Prometheus. */
export function metrics({ metrics: measured }: ServerContext) {
  return (c: RequestContext): Response =>
    c.body(measured.text(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
}
