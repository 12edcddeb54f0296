import { type SpanContext, TraceFlags } from "@opentelemetry/api";

const shape = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const zeros = /^0+$/;

/** Reads a traceparent header; undefined where it is malformed, which by its specification means: start afresh. @spec w3c-trace-context#3.2 */
export function parseTraceParent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = shape.exec(text) ?? [];
  if (!traceId || !spanId || !flags || text.startsWith("ff")) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** Writes a traceparent header of version 00. @spec w3c-trace-context#3.2 */
export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, "0")}`;
}
