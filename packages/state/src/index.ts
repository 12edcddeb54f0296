export * from "./conversations.js";
export { createMemoryState, type MemoryStateOptions } from "./memory-state.js";
export * from "./nonce-counts.js";
export * from "./queues.js";
export * from "./rate-limits.js";
export * from "./recent-messages.js";
export { connectRedisState, type RedisStateOptions } from "./redis-state.js";
export * from "./registrations.js";
export * from "./state.js";
