import { type DestinationStream, type Logger, pino } from "pino";
import { LinePace } from "./line-pace.js";
import { prettyLine } from "./pretty-line.js";
import type { Redaction } from "./redaction.js";

export type { Logger } from "pino";

/** How much is written. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a logger is made of. */
export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** `auto`: pretty where a person looks at a terminal, JSON anywhere else. */
  readonly format: "auto" | "json" | "pretty";
  readonly redaction: Redaction;
  /** Where lines go: standard output unless a test listens. */
  readonly write?: (line: string) => void;
  /** Lines above this are counted and left out. */
  readonly maxLinesPerSecond?: number;
  readonly monotonicMs?: () => number;
}

/** A structured logger. Bodies, secrets and addresses are redacted by field name, addresses in sentences too. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, level, format, redaction, write } = options;
  const pace = new LinePace(
    options.maxLinesPerSecond ?? 200,
    options.monotonicMs ?? (() => performance.now()),
  );
  const isPretty = format === "pretty" || (format === "auto" && process.stdout.isTTY);
  const out = write ?? ((line: string) => process.stdout.write(line));
  const destination: DestinationStream = { write: isPretty ? (line) => out(prettyLine(line)) : out };
  const logger = pino(
    {
      level,
      base: { service },
      serializers: { err: (error: unknown) => error },
      formatters: { log: (fields) => redaction.fields(fields) },
      hooks: {
        logMethod(words, log) {
          const leftOut = pace.admit();
          if (leftOut === undefined) return;
          if (leftOut > 0)
            log.apply(this, [{ leftOut }, "lines were left out: there were too many in a second"]);
          log.apply(this, redactWords(words, redaction) as Parameters<typeof log>);
        },
      },
    },
    destination,
  );
  return redactingChildren(logger, redaction);
}

/** pino hands the fields of a child to no formatter of its parent. */
function redactingChildren(logger: Logger, { fields }: Redaction): Logger {
  // oxlint-disable-next-line typescript/unbound-method -- called on its own logger two lines below
  const { child } = logger;
  logger.child = function redactingChild(this: Logger, bindings, options) {
    return child.call(this, fields(bindings), options);
  } as typeof child;
  return logger;
}

function redactWords(words: readonly unknown[], { sentence }: Redaction): unknown[] {
  const [first, ...more] = words;
  if (first instanceof Error && more.length === 0) return [first, sentence(first.message)];
  return words.map((word) => (typeof word === "string" ? sentence(word) : word));
}
