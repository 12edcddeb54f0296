export { type Config, readConfig } from "./config.js";
export { createMsrpRelay, type MsrpRelay, type MsrpRelayDeps } from "./create-msrp-relay.js";
