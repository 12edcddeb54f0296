import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ConfigError, type Env, type EnvReader, loadConfig, required, settingsOf } from "../src/index.js";

const readAll = (read: EnvReader) => ({
  url: read.string("URL", required, "where it is"),
  greeting: read.string("GREETING", "hello", "what it says"),
  note: read.optional("NOTE", "what it may say"),
  count: read.integer("COUNT", 3, "how many", { min: 1, max: 10 }),
  ratio: read.number("RATIO", 0.5, "what share", { min: 0, max: 1 }),
  waitMs: read.milliseconds("WAIT", 90_000, "how long"),
  size: read.bytes("SIZE", 65_536, "how large"),
  isLoud: read.boolean("LOUD", false, "whether"),
  names: read.list("NAMES", ["a", "b"], "who"),
  colour: read.choice("COLOUR", ["red", "green"], "red", "which"),
  password: read.secret("PASSWORD", "none", "the word"),
});
const load = (env: Env) => loadConfig({ URL: "x:", ...env }, readAll);
const problemsOf = (env: Env): readonly string[] => {
  try {
    loadConfig(env, readAll);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
const fileWith = (text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), "secret-")), "secret");
  writeFileSync(file, text);
  return file;
};

describe("reading a configuration", () => {
  it("gives defaults for what is unset or empty", () => {
    expect(load({ COUNT: "", GREETING: "  " })).toEqual({
      url: "x:",
      greeting: "hello",
      note: undefined,
      count: 3,
      ratio: 0.5,
      waitMs: 90_000,
      size: 65_536,
      isLoud: false,
      names: ["a", "b"],
      colour: "red",
      password: "none",
    });
  });

  it.each([
    [{ COUNT: "7" }, { count: 7 }],
    [{ RATIO: "1" }, { ratio: 1 }],
    [{ WAIT: "1500" }, { waitMs: 1_500 }],
    [{ WAIT: "30s" }, { waitMs: 30_000 }],
    [{ WAIT: "7d" }, { waitMs: 604_800_000 }],
    [{ SIZE: "16M" }, { size: 16_777_216 }],
    [{ LOUD: "Yes" }, { isLoud: true }],
    [{ NAMES: "x, y,,z" }, { names: ["x", "y", "z"] }],
    [{ COLOUR: "green" }, { colour: "green" }],
    [{ NOTE: "n" }, { note: "n" }],
  ])("reads %j", (env, expected) => {
    expect(load(env)).toMatchObject(expected);
  });

  it("reports every problem at once, each with what to do", () => {
    const env = {
      COUNT: "many",
      RATIO: "2",
      WAIT: "soon",
      SIZE: "big",
      LOUD: "maybe",
      COLOUR: "blue",
      PASSWORD_FILE: "/nowhere",
    };
    expect(problemsOf(env)).toEqual([
      "URL is required: where it is",
      'COUNT must be a whole number, and is "many"',
      'RATIO must be at most 1, and is "2"',
      'WAIT must be a duration such as 1500ms, 30s, 5m, 2h or 7d, and is "soon"',
      'SIZE must be a size such as 65536, 64k, 16M or 1G, and is "big"',
      'LOUD must be on or off, and is "maybe"',
      'COLOUR must be one of red, green, and is "blue"',
      expect.stringContaining("PASSWORD_FILE: /nowhere cannot be read"),
    ]);
  });

  it("reports a problem once although two services read the setting", () => {
    const twice = (read: EnvReader) => [readAll(read), readAll(read)];
    expect(() => loadConfig({}, twice)).toThrow(/URL/);
    expect(settingsOf(twice).filter(({ name }) => name === "URL")).toHaveLength(1);
  });

  it("takes a secret from a file, without the line's end", () => {
    expect(load({ PASSWORD_FILE: fileWith("open sesame\n") }).password).toBe("open sesame");
  });

  it("refuses a secret that is given twice, or whose file is empty", () => {
    expect(problemsOf({ URL: "x:", PASSWORD: "a", PASSWORD_FILE: fileWith("b") })).toEqual([
      "PASSWORD and PASSWORD_FILE are both set: keep one of them",
    ]);
    expect(problemsOf({ URL: "x:", PASSWORD_FILE: fileWith("\n") })[0]).toContain(
      "is empty: write the secret into it",
    );
  });

  it("never shows a secret among the problems", () => {
    const error = new ConfigError(problemsOf({ PASSWORD: "hunter2", COUNT: "x" }));
    expect(error.message).not.toContain("hunter2");
  });

  it("describes its settings for the configuration page", () => {
    const settings = new Map(settingsOf(readAll).map((setting) => [setting.name, setting]));
    expect(settings.get("WAIT")).toEqual({
      name: "WAIT",
      kind: "duration",
      fallback: "90s",
      isRequired: false,
      isSecret: false,
      about: "how long",
    });
    expect(settings.get("SIZE")?.fallback).toBe("64k");
    expect(settings.get("URL")?.isRequired).toBe(true);
    expect(settings.get("PASSWORD")?.isSecret).toBe(true);
  });
});
