/**
 * Who may ask, checked before anything of a request is read: by which name the server was reached (a web page elsewhere can
 * make its own name point to this machine: DNS rebinding), from which web page, and with which key.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import { ApiError } from "../http/api-error.ts";
import type { Env, RequestContext } from "../http/context.ts";
import type { ResolvedServerOptions } from "../server/options.ts";
import { findApiKey } from "./api-keys.ts";
import { clientAddress, clientNetwork } from "./client-address.ts";

const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses names that are not the server's. Addresses are always right, since rebinding needs a name; and where keys are
 * needed every name is, since a strange page has none.
 */
export function checkHost({ hostNames, apiKeys }: ResolvedServerOptions): MiddlewareHandler<Env> {
  const allowed = new Set([...LOCAL_NAMES, ...hostNames.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    const host = new URL(c.req.url).hostname;
    const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/.test(host);
    if (apiKeys.length === 0 && !allowed.has("*") && !isAddress && !allowed.has(host)) {
      throw new ApiError(403, "unknown_host", "this server does not answer to the name it was asked by");
    }
    await next();
  };
}

/**
 * Lets web pages of other origins in only where the operator says so (CORS). The server's own page has the name that clients
 * use, which a proxy may replace on the way.
 */
export function checkOrigin({ corsOrigins, publicUrl }: ResolvedServerOptions): MiddlewareHandler<Env> {
  return async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined || [c.req.url, publicUrl].some((own) => isSameHost(own, origin))) return next();
    if (!corsOrigins.includes(origin) && !corsOrigins.includes("*")) {
      throw new ApiError(403, "origin_not_allowed", "web pages of other origins may not ask this server");
    }
    if (c.req.method === "OPTIONS") {
      const asked = c.req.header("access-control-request-headers") ?? "";
      c.res = new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-methods": "GET, POST",
          "access-control-allow-headers": asked,
          "access-control-max-age": "600",
        },
      });
    } else await next();
    c.header("access-control-allow-origin", origin);
    c.header("access-control-expose-headers", "x-request-id, retry-after");
    c.header("vary", "origin", { append: true });
  };
}

/** Finds out whose request it is; refuses it when keys are needed and it has none. */
export function checkKey({ apiKeys, trustedProxies }: ResolvedServerOptions): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("owner", apiKeys.length === 0 ? addressOf(c, trustedProxies) : keyOf(c, apiKeys));
    await next();
  };
}

function keyOf(c: RequestContext, apiKeys: ResolvedServerOptions["apiKeys"]): string {
  const [, presented] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(c.req.header("authorization") ?? "") ?? [];
  const key = presented === undefined ? undefined : findApiKey(apiKeys, presented);
  if (key !== undefined) return `key ${key.name}`;
  throw new ApiError(401, "invalid_api_key", 'a valid key is needed, as "Authorization: Bearer KEY"', {
    headers: { "www-authenticate": "Bearer" },
  });
}

function addressOf(c: RequestContext, trustedProxies: ResolvedServerOptions["trustedProxies"]): string {
  const peer = getConnInfo(c).remote.address ?? "unknown";
  return `address ${clientNetwork(clientAddress(peer, c.req.header("x-forwarded-for"), trustedProxies))}`;
}

function isSameHost(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).host === new URL(b).host;
}
