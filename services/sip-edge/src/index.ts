export { stackOptions } from "./adapters/stack-options.js";
export { createSipEdge, type EdgeConfig, type Ports } from "./compose.js";
export { type Config, readConfig } from "./config.js";
