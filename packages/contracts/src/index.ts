export * from "./binding.js";
export * from "./bus.js";
export * from "./bytes.js";
export * as deferredStore from "./deferred-store.js";
export * from "./pager-message.js";
export * as participating from "./participating.js";
export * as sipCore from "./sip-core.js";
export * as sipEdge from "./sip-edge.js";
