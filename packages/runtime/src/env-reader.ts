import { readFileSync } from "node:fs";
import { type Result, err, ok } from "@heliograph/kernel";
import { ConfigError } from "./config-error.js";
import { formatBytes, formatMilliseconds, parseBytes, parseMilliseconds } from "./quantity.js";
import type { Setting } from "./setting.js";

/** The environment as a process gets it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** In the place of a default: the setting has none and must be given. */
export const required = Symbol("required");

/** The least and the most a number may be. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Reads a whole configuration and throws one {@link ConfigError} that names every problem.
 * `readConfig` declares the settings as it reads them; several services may share one reader.
 */
export function loadConfig<T>(env: Env, readConfig: (read: EnvReader) => T): T {
  const read = new EnvReader(env);
  const config = readConfig(read);
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

/** The settings that `readConfig` declares, by reading an empty environment. */
export function settingsOf(readConfig: (read: EnvReader) => unknown): readonly Setting[] {
  const read = new EnvReader({});
  readConfig(read);
  return read.settings;
}

/** Reads typed values; an unset or empty variable means the default. Problems are collected, not thrown. */
export class EnvReader {
  readonly #settings = new Map<string, Setting>();
  readonly #problems = new Set<string>();
  constructor(private readonly env: Env) {}

  /** What has been declared so far, each name once. */
  get settings(): readonly Setting[] {
    return [...this.#settings.values()];
  }

  /** What is wrong so far, each with what to do. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  string(name: string, fallback: string | typeof required, about: string): string {
    return this.#value({
      name,
      kind: "text",
      fallback,
      about,
      parse: ok,
      format: (text) => text,
      whenBroken: "",
    });
  }

  /** A text that may stay unset. */
  optional(name: string, about: string): string | undefined {
    this.#declare({ name, kind: "text", fallback: undefined, isRequired: false, isSecret: false, about });
    return this.#raw(name);
  }

  integer(name: string, fallback: number | typeof required, about: string, bounds: Bounds = {}): number {
    const parse = within(bounds, (text) =>
      /^[+-]?\d+$/.test(text) ? ok(Number(text)) : err("must be a whole number"),
    );
    return this.#value({ name, kind: "whole number", fallback, about, parse, format: String, whenBroken: 0 });
  }

  number(name: string, fallback: number | typeof required, about: string, bounds: Bounds = {}): number {
    const parse = within(bounds, (text) =>
      Number.isFinite(Number(text)) ? ok(Number(text)) : err("must be a number"),
    );
    return this.#value({ name, kind: "number", fallback, about, parse, format: String, whenBroken: 0 });
  }

  /** `1500`, `1500ms`, `30s`, `5m`, `2h`, `7d`. */
  milliseconds(name: string, fallback: number | typeof required, about: string, bounds: Bounds = {}): number {
    const parse = within(bounds, parseMilliseconds);
    return this.#value({
      name,
      kind: "duration",
      fallback,
      about,
      parse,
      format: formatMilliseconds,
      whenBroken: 0,
    });
  }

  /** `65536`, `64k`, `16M`, `1G` (powers of 1024). */
  bytes(name: string, fallback: number | typeof required, about: string, bounds: Bounds = {}): number {
    const parse = within(bounds, parseBytes);
    return this.#value({ name, kind: "size", fallback, about, parse, format: formatBytes, whenBroken: 0 });
  }

  boolean(name: string, fallback: boolean | typeof required, about: string): boolean {
    const format = (value: boolean) => (value ? "on" : "off");
    return this.#value({
      name,
      kind: "on or off",
      fallback,
      about,
      parse: parseBoolean,
      format,
      whenBroken: false,
    });
  }

  /** Values between commas. */
  list(name: string, fallback: readonly string[] | typeof required, about: string): readonly string[] {
    const format = (values: readonly string[]) => values.join(",");
    return this.#value({ name, kind: "list", fallback, about, parse: parseList, format, whenBroken: [] });
  }

  /** One of a few words. */
  choice<const C extends string>(
    name: string,
    choices: readonly [C, ...C[]],
    fallback: NoInfer<C> | typeof required,
    about: string,
  ): C {
    const kind = `one of ${choices.join(", ")}`;
    const parse = (text: string): Result<C, string> => {
      const choice = choices.find((known) => known === text);
      return choice === undefined ? err(`must be ${kind}`) : ok(choice);
    };
    return this.#value({
      name,
      kind,
      fallback,
      about,
      parse,
      format: (text) => text,
      whenBroken: choices[0],
    });
  }

  /** A secret from `NAME`, or from the file that `NAME_FILE` names. */
  secret(name: string, fallback: string | typeof required, about: string): string {
    const value = this.#secretText(name, fallback === required, about);
    if (value !== undefined) return value;
    if (fallback === required)
      this.#problems.add(`${name} is required: set it, or name its file in ${name}_FILE (${about})`);
    return fallback === required ? "" : fallback;
  }

  /** A secret that may stay unset. */
  optionalSecret(name: string, about: string): string | undefined {
    return this.#secretText(name, false, about);
  }

  /** For a rule between several settings, which the reader cannot know. */
  complain(problem: string): void {
    this.#problems.add(problem);
  }

  #secretText(name: string, isRequired: boolean, about: string): string | undefined {
    this.#declare({ name, kind: "text", fallback: undefined, isRequired, isSecret: true, about });
    const value = this.#raw(name);
    const file = this.#raw(`${name}_FILE`);
    if (file === undefined) return value;
    if (value !== undefined) this.#problems.add(`${name} and ${name}_FILE are both set: keep one of them`);
    const read = readSecret(file);
    if (read.ok) return read.value;
    this.#problems.add(`${name}_FILE: ${read.error}`);
    return "unreadable";
  }

  #value<T>(asked: Asked<T>): T {
    const { name, kind, fallback, about } = asked;
    const isRequired = fallback === required;
    const shown = fallback === required ? undefined : asked.format(fallback);
    this.#declare({ name, kind, fallback: shown, isRequired, isSecret: false, about });
    const text = this.#raw(name);
    if (text !== undefined) return this.#parsed(asked, text);
    if (fallback !== required) return fallback;
    this.#problems.add(`${name} is required: ${about}`);
    return asked.whenBroken;
  }

  #parsed<T>({ name, parse, whenBroken }: Asked<T>, text: string): T {
    const value = parse(text);
    if (value.ok) return value.value;
    this.#problems.add(`${name} ${value.error}, and is "${text.slice(0, 60)}"`);
    return whenBroken;
  }

  #raw(name: string): string | undefined {
    return this.env[name]?.trim() || undefined;
  }

  #declare(setting: Setting): void {
    if (!this.#settings.has(setting.name)) this.#settings.set(setting.name, setting);
  }
}

interface Asked<T> {
  readonly name: string;
  readonly kind: string;
  readonly fallback: T | typeof required;
  readonly about: string;
  readonly parse: (text: string) => Result<T, string>;
  readonly format: (value: T) => string;
  /** Stands in for a value that is reported as a problem. */
  readonly whenBroken: T;
}

function within(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Bounds,
  parse: (text: string) => Result<number, string>,
): (text: string) => Result<number, string> {
  return (text) => {
    const parsed = parse(text);
    if (!parsed.ok) return parsed;
    if (parsed.value < min) return err(`must be at least ${min}`);
    return parsed.value > max ? err(`must be at most ${max}`) : parsed;
  };
}

const booleans = new Map([
  ["on", true],
  ["true", true],
  ["yes", true],
  ["1", true],
  ["off", false],
  ["false", false],
  ["no", false],
  ["0", false],
]);

function parseBoolean(text: string): Result<boolean, string> {
  const value = booleans.get(text.toLowerCase());
  return value === undefined ? err("must be on or off") : ok(value);
}

function parseList(text: string): Result<readonly string[], string> {
  return ok(
    text
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== ""),
  );
}

function readSecret(file: string): Result<string, string> {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? err(`${file} is empty: write the secret into it`) : ok(text);
  } catch (cause) {
    return err(`${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}
