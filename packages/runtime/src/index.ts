export * from "./config-error.js";
export * from "./env-reader.js";
export * from "./health-server.js";
export * from "./lifecycle.js";
export * from "./run-process.js";
export * from "./service.js";
export * from "./setting.js";
export * from "./stop-signal.js";
