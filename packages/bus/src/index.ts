export { type BusDeps } from "./bus-deps.js";
export { type LocalBusOptions, createLocalBus } from "./local-bus.js";
