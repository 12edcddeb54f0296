export { readSipCoreConfig, type SipCoreConfig } from "./config.js";
export { createSipCore, type SipCoreDeps } from "./sip-core.js";
