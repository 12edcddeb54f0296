export { createDeferredStore, type DeferredStoreDeps } from "./compose.js";
export { type DeferredStoreConfig, readDeferredStoreConfig } from "./config.js";
export type { StorageRules } from "./ports.js";
