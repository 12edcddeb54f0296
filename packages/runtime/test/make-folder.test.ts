import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { ConfigError, keptSecret, makeFolder } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "heliograph-folder-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a folder of ours", () => {
  it("is made with those above it, and is there the second time", () => {
    const path = join(folder, "a/b/c");
    makeFolder(path, 0o711);
    makeFolder(path, 0o711);
    expect(statSync(path).mode & 0o777).toBe(0o711);
  });

  it.each(["/proc/heliograph", "/dev/null/heliograph"])("cannot be %s, and that is said at once", (path) => {
    expect(() => makeFolder(join(path, "data"), 0o711)).toThrow(/ENOENT|ENOTDIR/);
    expect(() => keptSecret(join(path, "admin-key"))).toThrow(ConfigError);
  });
});
