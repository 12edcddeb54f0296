export * from "./nonce-counts.js";
export * from "./queues.js";
export * from "./rate-limits.js";
export * from "./recent-messages.js";
export * from "./registrations.js";
export * from "./state.js";
