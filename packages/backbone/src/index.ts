export { Backbone, type BackboneInput } from "./backbone.ts";
export { type BackboneConfig, type BackboneConfigInput, resolveBackboneConfig } from "./config.ts";
export { type CacheSlots, KvCache } from "./kv-cache.ts";
