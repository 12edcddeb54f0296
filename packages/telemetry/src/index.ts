export * from "./logger.js";
export * from "./metrics.js";
export * from "./otel-tracing.js";
export * from "./redaction.js";
export * from "./telemetry.js";
export * from "./trace-parent.js";
export * from "./tracing.js";
