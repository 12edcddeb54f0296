import { describe, expect, it } from "@jest/globals";
import { formatBytes, plain, progressBar } from "../src/chat/describe.js";
import { parseLine } from "../src/chat/parse-line.js";

describe("what a typed line means", () => {
  it.each([
    ["hello", { kind: "text", text: "hello" }],
    ["  indented", { kind: "text", text: "  indented" }],
    ["//etc is a path", { kind: "text", text: "/etc is a path" }],
    ["", { kind: "nothing" }],
    ["   ", { kind: "nothing" }],
    ["/file my picture.png ", { kind: "file", path: "my picture.png" }],
    ["/transport tls", { kind: "transport", transport: "tls" }],
    ["/accept", { kind: "accept" }],
    ["/hold", { kind: "hold" }],
    ["/quit", { kind: "quit" }],
  ])("%j", (line, meaning) => {
    expect(parseLine(line)).toEqual(meaning);
  });

  it.each([
    ["/file", "say a path: /file picture.png"],
    ["/transport udp", "say one of tcp, tls, ws: /transport tls"],
    ["/dance", "/dance is nothing here: /help says what is"],
  ])("%s says what to do", (line, advice) => {
    expect(parseLine(line)).toEqual({ kind: "unknown", advice });
  });
});

describe("what is shown", () => {
  it("is no command to the terminal, whatever others write", () => {
    expect(plain("\u001b[2Jhi\u0007\u202E there\n\t👩‍💻")).toBe("[2Jhi there\n\t👩‍💻");
  });

  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_234, "1.2 kB"],
    [12_345, "12 kB"],
    [999_600, "1.0 MB"],
    [5_000_000_000_000_000, "5000 TB"],
  ])("%d octets as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("a bar that grows", () => {
    expect(progressBar(0, 1_000)).toBe("[░░░░░░░░░░░░░░░░░░░░] 0 %  0 bytes of 1.0 kB");
    expect(progressBar(500, 1_000)).toBe("[██████████░░░░░░░░░░] 50 %  500 bytes of 1.0 kB");
    expect(progressBar(0, 0)).toBe("[████████████████████] 100 %  0 bytes of 0 bytes");
  });
});
