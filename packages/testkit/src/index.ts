export * from "./fake-clock.js";
export * from "./machine-mutation.js";
export * from "./predictable-chance.js";
export { freePort } from "./free-port.js";
export { startNats } from "./start-nats.js";
export { startPostgres } from "./start-postgres.js";
export { startRedis } from "./start-redis.js";
export { type ServerSource, type TestServer } from "./test-server.js";
export { HeliographServer, type HeliographOptions, type HeliographPorts } from "./heliograph-server.js";
