export { type ApiKey, createApiKey, formatApiKey, parseApiKeys } from "./security/api-keys.ts";
export { DEFAULT_LIMITS, type Limits, type ServerOptions } from "./server/options.ts";
export { type RunningServer, startServer } from "./server/start-server.ts";
