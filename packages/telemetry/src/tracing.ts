/** Facts about a step, low in number; addresses and bodies have no place here. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * Follows a share of all messages through the services. A message that is not followed costs a comparison:
 * no span is made, no context is kept, no header is sent.
 */
export interface Tracing {
  /** At the door: decides whether this message is followed, and runs its work. */
  follow<T>(name: string, run: () => Promise<T>, facts?: SpanFacts): Promise<T>;
  /** One step of a message that may be followed. */
  step<T>(name: string, run: () => Promise<T>, facts?: SpanFacts): Promise<T>;
  /** Work that another process asked for: `traceParent` is what it sent along, if anything. */
  resume<T>(traceParent: string | undefined, name: string, run: () => Promise<T>): Promise<T>;
  /** What to send along with a question to another process; undefined when nothing is followed. */
  traceParent(): string | undefined;
  /** Sends what has been gathered. */
  close(): Promise<void>;
}

/** Follows nothing. */
export const noTracing: Tracing = {
  follow: (_, run) => run(),
  step: (_, run) => run(),
  resume: (_, __, run) => run(),
  traceParent: () => undefined,
  close: () => Promise.resolve(),
};
