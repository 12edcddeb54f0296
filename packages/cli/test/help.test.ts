import { describe, expect, it } from "@jest/globals";
import { run } from "./given-terminal.js";

describe("heliograph --help", () => {
  it("names every command, and shows how to begin", async () => {
    const { out, failed } = await run(["--help"]);
    expect(failed).toBe("exit 0");
    for (const command of ["user", "domain", "send", "listen", "status"]) {
      expect(out).toMatch(new RegExp(`^  ${command} .*[a-z]`, "m"));
    }
    expect(out).toContain('$ heliograph send --as sip:alice@127.0.0.1 sip:bob@127.0.0.1 "hello"');
    expect(out).toContain('The service itself is started with "npm start".');
  });

  it.each<[string[], string[]]>([
    [
      ["user", "add"],
      ["<uri>", "--password <password>", "--name <name>", "--admin <url>", "--key-file <file>"],
    ],
    [
      ["user", "list"],
      ["--domain <domain>", "--admin <url>"],
    ],
    [
      ["user", "remove"],
      ["<uri>", "--admin <url>"],
    ],
    [
      ["domain", "add"],
      ["<name> [aliases...]", "--admin <url>"],
    ],
    [["domain", "list"], ["--admin <url>"]],
    [["domain", "remove"], ["<name>"]],
    [
      ["send"],
      ["<to> <text...>", "--as <uri>", "--password", "--server <uri>", "--receipts", "--wait <seconds>"],
    ],
    [["listen"], ["--as <uri>", "--count <messages>", "--json", "--insecure"]],
    [["status"], ["--json", "--admin <url>"]],
  ])("%j --help says what can be said", async (command, parts) => {
    const { out } = await run([...command, "--help"]);
    expect(out).toContain(`Usage: heliograph ${command.join(" ")}`);
    for (const part of parts) expect(out).toContain(part);
  });

  it("shows what the environment has set as the default", async () => {
    const { out } = await run(["listen", "--help"], { env: { HELIOGRAPH_USER: "sip:dave@example.org" } });
    expect(out).toContain("sip:dave@example.org");
  });

  it("is pointed at by what cannot be understood", async () => {
    const { err, failed } = await run(["sned"]);
    expect(failed).toBe("exit 1");
    expect(err).toContain("(Did you mean send?)");
    expect(err).toContain("--help");
  });

  it.each([
    [["send", "bob", "hi"], "say an address such as sip:bob@127.0.0.1"],
    [["send", "sip:bob@example.org", "hi", "--wait", "soon"], "say a number of seconds"],
    [["listen", "--count", "0"], "say a whole number above 0"],
    [["user", "add"], "missing required argument 'uri'"],
  ])("%j is told what to say instead", async (args, sentence) => {
    const { err, failed } = await run(args);
    expect(failed).toBe("exit 1");
    expect(err).toContain(sentence);
  });
});
