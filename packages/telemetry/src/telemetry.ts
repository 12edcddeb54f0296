import type { EnvReader } from "@heliograph/runtime";
import { type LogLevel, type Logger, createLogger, logLevels } from "./logger.js";
import { Metrics } from "./metrics.js";
import { observeProcess } from "./process-metrics.js";
import { createAddressShowingRedaction, createRedaction } from "./redaction.js";
import { type Tracing, noTracing } from "./tracing.js";

/** How a process tells what it does. */
export interface TelemetryConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: "auto" | "json" | "pretty";
  readonly logMaxPerSecond: number;
  readonly logAddresses: "hashed" | "shown";
  readonly logAddressKey: string | undefined;
  readonly traceRatio: number;
  readonly otlpEndpoint: string | undefined;
}

/** Reads the settings that every process shares. */
export function readTelemetryConfig(read: EnvReader): TelemetryConfig {
  return {
    logLevel: read.choice("LOG_LEVEL", logLevels, "info", "How much is logged"),
    logFormat: read.choice(
      "LOG_FORMAT",
      ["auto", "json", "pretty"],
      "auto",
      "auto: pretty on a terminal, JSON elsewhere",
    ),
    logMaxPerSecond: read.integer(
      "LOG_MAX_PER_SECOND",
      200,
      "Log lines in a second; more are counted and left out",
      {
        min: 1,
      },
    ),
    logAddresses: read.choice(
      "LOG_ADDRESSES",
      ["hashed", "shown"],
      "hashed",
      "Whether logs hide who writes to whom; bodies and secrets are never logged",
    ),
    logAddressKey: read.optionalSecret(
      "LOG_ADDRESS_KEY",
      "Makes hashed addresses comparable across processes",
    ),
    traceRatio: read.number("TRACE_RATIO", 0.01, "Share of messages that is traced", { min: 0, max: 1 }),
    otlpEndpoint: read.optional(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "Where traces go (OTLP over HTTP); unset: no tracing",
    ),
  };
}

/** What a process reports through. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  close(): Promise<void>;
}

/** Opens logger, metrics and tracing of one process. */
export async function createTelemetry(service: string, config: TelemetryConfig): Promise<Telemetry> {
  const redaction =
    config.logAddresses === "shown" ? createAddressShowingRedaction() : createRedaction(config.logAddressKey);
  const logger = createLogger({
    service,
    level: config.logLevel,
    format: config.logFormat,
    redaction,
    maxLinesPerSecond: config.logMaxPerSecond,
  });
  const metrics = new Metrics();
  const stopObserving = observeProcess(metrics);
  const tracing = await openTracing(service, config);
  return {
    logger,
    metrics,
    tracing,
    close: async () => {
      stopObserving();
      await tracing.close();
    },
  };
}

/** The tracing libraries take a tenth of a second to load: only who sends traces somewhere pays for them. */
async function openTracing(service: string, { traceRatio, otlpEndpoint }: TelemetryConfig): Promise<Tracing> {
  if (otlpEndpoint === undefined) return noTracing;
  const [{ createTracing }, { OTLPTraceExporter }] = await Promise.all([
    import("./otel-tracing.js"),
    import("@opentelemetry/exporter-trace-otlp-http"),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/$/, "")}/v1/traces` });
  return createTracing({ service, ratio: traceRatio, exporter });
}
