import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-node";
import { formatTraceParent, parseTraceParent } from "./trace-parent.js";
import type { SpanFacts, Tracing } from "./tracing.js";

/** What tracing is made of. */
export interface TracingOptions {
  readonly service: string;
  /** The share of messages that is followed, 0 to 1. */
  readonly ratio: number;
  readonly exporter: SpanExporter;
  /** A number from 0 to 1; a test gives a predictable one. */
  readonly draw?: () => number;
}

/** Tracing by OpenTelemetry. */
export function createTracing({ service, ratio, exporter, draw = Math.random }: TracingOptions): Tracing {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.namespace": "heliograph" }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  return new OtelTracing(provider.getTracer("heliograph"), { ratio, draw, close: () => provider.shutdown() });
}

interface Following {
  readonly context: Context;
  readonly span: Span;
}

interface Means {
  readonly ratio: number;
  readonly draw: () => number;
  readonly close: () => Promise<void>;
}

/**
 * The context travels in an AsyncLocalStorage only while some message is followed: on Node 20 an active storage taxes
 * every promise of the process, so it is switched off with the last followed message.
 */
class OtelTracing implements Tracing {
  readonly #storage = new AsyncLocalStorage<Following>();
  #followed = 0;

  constructor(
    private readonly tracer: Tracer,
    private readonly means: Means,
  ) {}

  follow<T>(name: string, run: () => Promise<T>, facts?: SpanFacts): Promise<T> {
    if (this.means.draw() >= this.means.ratio) return this.#followed === 0 ? run() : this.#storage.exit(run);
    return this.#within(ROOT_CONTEXT, name, run, facts);
  }

  step<T>(name: string, run: () => Promise<T>, facts?: SpanFacts): Promise<T> {
    const following = this.#following();
    return following ? this.#within(following.context, name, run, facts) : run();
  }

  resume<T>(traceParent: string | undefined, name: string, run: () => Promise<T>): Promise<T> {
    const parent = traceParent === undefined ? undefined : parseTraceParent(traceParent);
    if (!parent?.traceFlags) return run();
    return this.#within(trace.setSpanContext(ROOT_CONTEXT, parent), name, run);
  }

  traceParent(): string | undefined {
    const following = this.#following();
    return following && formatTraceParent(following.span.spanContext());
  }

  close(): Promise<void> {
    return this.means.close();
  }

  /** A storage that was switched off and on again may still hand out a message that has ended. */
  #following(): Following | undefined {
    if (this.#followed === 0) return undefined;
    const following = this.#storage.getStore();
    return following?.span.isRecording() ? following : undefined;
  }

  async #within<T>(parent: Context, name: string, run: () => Promise<T>, facts: SpanFacts = {}): Promise<T> {
    const span = this.tracer.startSpan(name, { attributes: facts }, parent);
    this.#followed += 1;
    try {
      return await this.#storage.run({ span, context: trace.setSpan(parent, span) }, run);
    } catch (cause) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: cause instanceof Error ? cause.name : "thrown" });
      throw cause;
    } finally {
      span.end();
      this.#followed -= 1;
      if (this.#followed === 0) this.#storage.disable();
    }
  }
}
