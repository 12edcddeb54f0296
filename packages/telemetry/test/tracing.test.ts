import { describe, expect, it } from "@jest/globals";
import { SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-node";
import { createTelemetry, noTracing } from "../src/index.js";
import { createTracing } from "../src/otel-tracing.js";
import { formatTraceParent, parseTraceParent } from "../src/trace-parent.js";

const given = (draws: readonly number[] = []) => {
  const exporter = new InMemorySpanExporter();
  const left = [...draws];
  const tracing = createTracing({ service: "test", ratio: 0.5, exporter, draw: () => left.shift() ?? 0 });
  return { tracing, spans: () => exporter.getFinishedSpans(), exporter };
};
/** Spans are exported in batches; closing sends the last, and the exporter forgets them. */
const finished = async ({ tracing, exporter }: ReturnType<typeof given>) => {
  let kept: readonly { name: string; parent: string | undefined; trace: string; isFailed: boolean }[] = [];
  const shutdown = exporter.shutdown.bind(exporter);
  exporter.shutdown = () => {
    kept = exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      parent: span.parentSpanContext?.spanId,
      trace: span.spanContext().traceId,
      isFailed: span.status.code === SpanStatusCode.ERROR,
    }));
    return shutdown();
  };
  await tracing.close();
  return kept;
};

describe("following a message", () => {
  it("makes one trace of the door and the steps behind it", async () => {
    const one = given();
    await one.tracing.follow("sip-edge/message", () =>
      one.tracing.step("participating/originate", () =>
        one.tracing.step("sip-edge/send", async () => "sent"),
      ),
    );
    const spans = await finished(one);
    expect(spans.map(({ name }) => name)).toEqual([
      "sip-edge/send",
      "participating/originate",
      "sip-edge/message",
    ]);
    expect(new Set(spans.map(({ trace }) => trace)).size).toBe(1);
    expect(spans.filter(({ parent }) => parent === undefined)).toHaveLength(1);
  });

  it("makes no span of a message that is not drawn", async () => {
    const one = given([0.9]);
    const answer = await one.tracing.follow("door", () =>
      one.tracing.step("inside", async () => one.tracing.traceParent()),
    );
    expect(answer).toBeUndefined();
    expect(await finished(one)).toEqual([]);
  });

  it("keeps a message that is not followed out of the trace of one that is", async () => {
    const one = given([0.1, 0.9]);
    await one.tracing.follow("followed", () =>
      one.tracing.follow("not followed", () => one.tracing.step("inside", async () => undefined)),
    );
    expect((await finished(one)).map(({ name }) => name)).toEqual(["followed"]);
  });

  it("goes on in another process with the trace that came along", async () => {
    const [here, there] = [given(), given()];
    const traceParent = await here.tracing.follow("door", async () => here.tracing.traceParent());
    await there.tracing.resume(traceParent, "participating/originate", async () => undefined);
    const [[door], [remote]] = [await finished(here), await finished(there)];
    expect(remote).toMatchObject({ trace: door?.trace, parent: parseTraceParent(traceParent ?? "")?.spanId });
  });

  it.each([undefined, "garbage", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"])(
    "does not follow what came with %s",
    async (traceParent) => {
      const one = given();
      expect(await one.tracing.resume(traceParent, "step", async () => "done")).toBe("done");
      expect(await finished(one)).toEqual([]);
    },
  );

  it("marks the step that failed and passes its failure on", async () => {
    const one = given();
    await expect(one.tracing.follow("door", () => Promise.reject(new Error("sip:a@b")))).rejects.toThrow(
      "sip:a@b",
    );
    expect(await finished(one)).toEqual([expect.objectContaining({ name: "door", isFailed: true })]);
  });

  it("says nothing after the message has ended, to work that it left behind", async () => {
    const one = given();
    let later: Promise<string | undefined> = Promise.resolve("unset");
    await one.tracing.follow("door", async () => {
      later = new Promise((resolve) => setTimeout(() => resolve(one.tracing.traceParent()), 5));
    });
    expect(await later).toBeUndefined();
    await one.tracing.close();
  });
});

describe("W3C Trace Context §3.2 traceparent", () => {
  const sample = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  it("is read and written alike", () => {
    const parsed = parseTraceParent(sample);
    expect(parsed && formatTraceParent(parsed)).toBe(sample);
  });

  it("MUST be accepted from a later version, with more behind it", () => {
    expect(parseTraceParent(`cc${sample.slice(2)}-what-the-future-brings`)?.traceFlags).toBe(1);
  });

  it.each([
    ["version ff", `ff${sample.slice(2)}`],
    ["a trace id of zeros", sample.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32))],
    ["a parent id of zeros", sample.replace("b7ad6b7169203331", "0".repeat(16))],
    ["upper case", sample.toUpperCase()],
    ["a short id", sample.replace("0af7", "")],
    ["nothing", ""],
  ])("is ignored with %s", (_, text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });
});

describe("a process without a place to send traces to", () => {
  it("follows nothing, and needs no tracing library", async () => {
    const config = {
      logLevel: "silent",
      logFormat: "json",
      logMaxPerSecond: 100,
      logAddresses: "hashed",
    } as const;
    const telemetry = await createTelemetry("test", {
      ...config,
      logAddressKey: undefined,
      traceRatio: 1,
      otlpEndpoint: undefined,
    });
    expect(telemetry.tracing).toBe(noTracing);
    expect(
      await telemetry.tracing.follow("door", () => telemetry.tracing.step("inside", async () => "done")),
    ).toBe("done");
    expect(telemetry.metrics.text()).toContain("process_resident_memory_bytes");
    await telemetry.close();
  });
});
