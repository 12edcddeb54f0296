import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { editLines } from "../src/line-editor.js";

function given({ isTTY }: { readonly isTTY: boolean }) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let keys = 0;
  const editor = editLines(
    () => {
      keys += 1;
    },
    { input, output },
  );
  const shown = (): string => String(output.read() ?? "");
  return { input, editor, shown, keys: () => keys };
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const heard: string[] = [];
  for await (const line of lines) heard.push(line);
  return heard;
}

describe("lines that are typed", () => {
  it("are all there, also those that came before anybody asked", async () => {
    const { input, editor } = given({ isTTY: false });
    input.end("one\ntwo\n\nthree");
    await turn();
    await turn();
    expect(await all(editor.lines)).toEqual(["one", "two", "", "three"]);
  });

  it("from a program are not echoed, and what is shown stands alone", async () => {
    const { input, editor, shown } = given({ isTTY: false });
    editor.prompt("> ");
    input.write("one\n");
    await turn();
    editor.show("hello");
    editor.close();
    expect(shown()).toBe("hello\n");
    expect(await all(editor.lines)).toEqual(["one"]);
  });

  it("at a terminal stay below what is shown, and each key is heard", async () => {
    const { input, editor, shown, keys } = given({ isTTY: true });
    editor.prompt("> ");
    input.write("hal");
    await turn();
    shown();
    editor.show("somebody says something");
    const drawn = shown();
    expect(drawn.indexOf("somebody says something\n")).toBeGreaterThan(-1);
    expect(drawn.slice(drawn.indexOf("something\n"))).toContain("> hal");
    expect(keys()).toBe(3);
    const lines = all(editor.lines);
    input.write("lo\r");
    await turn();
    input.write("\u0003");
    expect(await lines).toEqual(["hallo"]);
    editor.close();
  });
});
