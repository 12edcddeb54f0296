import { describe, expect, it } from "@jest/globals";
import { createLogger, createRedaction, type Logger } from "../src/index.js";

const logging = (format: "json" | "pretty" = "json", level: "info" | "silent" = "info") => {
  const lines: string[] = [];
  const options = {
    service: "test",
    level,
    format,
    redaction: createRedaction("key"),
    write: (line: string) => lines.push(line),
  };
  return { lines, logger: createLogger(options) };
};

describe("a logger", () => {
  const sayings: readonly [string, (logger: Logger) => void][] = [
    ["a field", (logger) => logger.info({ aor: "sip:alice@example.com" }, "said")],
    ["the sentence", (logger) => logger.info("for sip:alice@example.com")],
    ["the sentence beside fields", (logger) => logger.warn({ count: 1 }, "for sip:alice@example.com")],
    ["an argument", (logger) => logger.info("for %s", "sip:alice@example.com")],
    ["an error", (logger) => logger.error(new Error("no sip:alice@example.com"))],
    [
      "an error beside a sentence",
      (logger) => logger.error({ err: new Error("no sip:alice@example.com") }, "failed"),
    ],
    ["a child's fields", (logger) => logger.child({ user: "sip:alice@example.com" }).info("said")],
  ];
  it.each(sayings)("hides an address in %s", (_, say) => {
    const { lines, logger } = logging();
    say(logger);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("alice@");
    expect(lines[0]).toMatch(/a…/);
  });

  it("writes one JSON object a line, with the service's name", () => {
    const { lines, logger } = logging();
    logger.info({ count: 2 }, "counted");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: 30,
      service: "test",
      count: 2,
      msg: "counted",
    });
  });

  it("writes for a person: time, level, part, sentence, fields, and the stack of an error", () => {
    const { lines, logger } = logging("pretty");
    logger.child({ part: "sip-edge" }).warn({ count: 2, err: new Error("because") }, "counted");
    const text = (lines[0] ?? "").replace(/\u001b\[\d+m/g, "");
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}sip-edge counted count=2\nError: because\n {4}at /);
  });

  it("writes no more than so many lines a second, and says how many it left out", () => {
    const lines: string[] = [];
    let nowMs = 5_000;
    const logger = createLogger({
      service: "test",
      level: "info",
      format: "json",
      redaction: createRedaction("key"),
      write: (line) => lines.push(line),
      maxLinesPerSecond: 2,
      monotonicMs: () => nowMs,
    });
    for (let count = 0; count < 1_000; count += 1) logger.error("Postgres is away");
    expect(lines).toHaveLength(2);
    nowMs += 1_000;
    logger.info("Postgres is back");
    expect(lines.slice(2).map((line): { msg: string; leftOut?: number } => JSON.parse(line))).toEqual([
      expect.objectContaining({ leftOut: 998 }),
      expect.objectContaining({ msg: "Postgres is back" }),
    ]);
  });

  it("is silent when told so", () => {
    const { lines, logger } = logging("json", "silent");
    logger.fatal("nothing");
    expect(lines).toEqual([]);
  });
});
