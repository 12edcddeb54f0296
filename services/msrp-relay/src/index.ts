export { type Config, readConfig } from "./config.js";
export { createMsrpRelay, type MsrpRelay, type MsrpRelayDeps } from "./create-msrp-relay.js";
export { endMachine } from "./domain/end.machine.js";
