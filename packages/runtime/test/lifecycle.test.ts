import { existsSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { keptSecret, Lifecycle } from "../src/index.js";

describe("a lifecycle", () => {
  const recording = () => {
    const closed: string[] = [];
    const lifecycle = new Lifecycle();
    const open = (name: string, failure?: Error) =>
      lifecycle.own(name, name, async (resource) => {
        closed.push(resource);
        if (failure) throw failure;
      });
    return { closed, lifecycle, open };
  };

  it("closes last what was opened first", async () => {
    const { closed, lifecycle, open } = recording();
    for (const name of ["telemetry", "bus", "service"]) expect(open(name)).toBe(name);
    await lifecycle.close();
    await lifecycle.close();
    expect(closed).toEqual(["service", "bus", "telemetry"]);
  });

  it("closes the rest although one fails, and says which", async () => {
    const { closed, lifecycle, open } = recording();
    open("bus");
    open("service", new Error("stuck"));
    const failure = await lifecycle.close().catch((error: unknown) => error);
    expect(closed).toEqual(["service", "bus"]);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toEqual([
      expect.objectContaining({ message: "closing service" }),
    ]);
  });

  it("can be disposed of", async () => {
    const { closed, lifecycle, open } = recording();
    open("bus");
    await lifecycle[Symbol.asyncDispose]();
    expect(closed).toEqual(["bus"]);
  });
});

describe("a secret that is kept", () => {
  it("is made once, for its owner's eyes alone", () => {
    const file = join(mkdtempSync(join(tmpdir(), "kept-")), "folder", "key");
    const secret = keptSecret(file);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(keptSecret(file)).toBe(secret);
    expect(existsSync(file) && readFileSync(file, "utf8")).toBe(`${secret}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
