export { readSipCoreConfig, type SipCoreConfig } from "./config.js";
export { createSipCore } from "./sip-core.js";
export type { SipCoreDeps } from "./sip-core-deps.js";
