/** Carries the trace of a followed message. @spec w3c-trace-context#3.2 */
export const traceHeader = "traceparent";

/** In an answer that is none: why. What went wrong in the handler stays in the log of its process. */
export const failureHeader = "Heliograph-Failure";
