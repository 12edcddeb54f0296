import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HeliographServer } from "@heliograph/testkit";
import { Keyboard, run } from "./given-terminal.js";

const alice = "sip:alice@127.0.0.1";
const bob = "sip:bob@127.0.0.1";

/** Someone at a terminal, whose screen a test waits on. */
class Screen {
  readonly keyboard = new Keyboard();
  /** Ctrl-C, for a command that reads no lines. */
  leave: () => void = () => undefined;
  readonly done: ReturnType<typeof run>;
  #text = "";
  #look: () => void = () => undefined;

  constructor(args: readonly string[], env: Record<string, string>) {
    this.done = run(args, {
      env,
      lines: this.keyboard,
      isInteractive: true,
      interrupted: new Promise((resolve) => {
        this.leave = resolve;
      }),
      onOutput: (text) => {
        this.#text += text;
        this.#look();
      },
    });
  }

  async shows(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`"${text}" was not shown; this was:\n${this.#text}`)),
          15_000,
        );
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

describe("heliograph chat, against the service", () => {
  let server: HeliographServer;
  let env: (user: string, transport?: "udp" | "tcp" | "wss") => Record<string, string>;
  let folder: string;
  beforeAll(async () => {
    server = await HeliographServer.start();
    folder = await mkdtemp(join(tmpdir(), "chat-"));
    env = (user, transport = "tcp") => ({
      HELIOGRAPH_USER: `sip:${user}@127.0.0.1`,
      HELIOGRAPH_PASSWORD: user,
      HELIOGRAPH_SERVER: server.uri(transport),
    });
  }, 70_000);
  afterAll(() => server.stop(), 30_000);

  it("OMA 4.6 two people talk: lines, receipts, a file, silence, another transport, the end", async () => {
    const path = join(folder, "picture.png");
    await writeFile(path, Buffer.alloc(300_000, 7));
    const his = new Screen(
      ["chat", alice, "--insecure", "--download-dir", join(folder, "in")],
      env("bob", "wss"),
    );
    await his.shows(`write to ${alice}`);
    const hers = new Screen(["chat", bob, "--insecure", "--subject", "Lunch"], env("alice"));
    await hers.shows(`write to ${bob}`);
    hers.keyboard.type("Are you there?");
    await his.shows(`in conversation with ${alice}: Lunch`);
    await his.shows(`${alice}  Are you there?`);
    await hers.shows("✓ sent Are you there?");
    await hers.shows("✓✓ delivered Are you there?");
    await hers.shows("✓✓ read Are you there?");
    his.keyboard.type("Yes.");
    await hers.shows(`${bob}  Yes.`);
    hers.keyboard.type(`/file ${path}`);
    await his.shows("picture.png (300 kB) is offered: /accept or /decline");
    his.keyboard.type("/accept");
    await hers.shows("[████████████████████] 100 %  300 kB of 300 kB");
    await hers.shows("✓✓ picture.png has arrived (300 kB)");
    await his.shows(`saved ${join(folder, "in", "picture.png")} (300 kB)`);
    expect(await readFile(join(folder, "in", "picture.png"))).toEqual(await readFile(path));
    hers.keyboard.type("/hold", "/resume", "/transport ws", "still here");
    await his.shows(`${alice} asks for silence`);
    await his.shows(`${alice} is back`);
    await hers.shows("transport: done");
    await his.shows(`${alice}  still here`);
    hers.keyboard.type("/nonsense", "/help", "/decline");
    await hers.shows("/nonsense is nothing here");
    await hers.shows("/file PATH");
    await hers.shows("no file is offered");
    hers.keyboard.type("/quit");
    expect((await hers.done).failed).toBeUndefined();
    await his.shows(`${alice} has left`);
    his.keyboard.end();
    expect((await his.done).failed).toBeUndefined();
  }, 60_000);

  it("leaves a message for who is away, and takes lines from a program, which waits for receipts", async () => {
    const away = new Keyboard();
    away.type("See you later", "/file none");
    away.end();
    const left = await run(["chat", "sip:carol@127.0.0.1", "--wait", "0"], {
      env: env("alice"),
      lines: away,
    });
    expect(left.failed).toBeUndefined();
    expect(left.out).toContain("✓ kept until they are there See you later");
    expect(left.out).toContain("not sent: ENOENT");
    const carol = new Screen(
      ["listen", "--count", "3", "--accept-files", "--download-dir", join(folder, "carol")],
      env("carol"),
    );
    await carol.shows("See you later");
    const path = join(folder, "notes.txt");
    await writeFile(path, "notes");
    const piped = new Keyboard();
    piped.type("From a pipe", `/file ${path}`);
    piped.end();
    const sent = await run(["chat", "sip:carol@127.0.0.1"], { env: env("alice"), lines: piped });
    expect(sent.out).toContain("✓✓ read From a pipe");
    expect(sent.out).toContain("✓✓ notes.txt has arrived (5 bytes)");
    const heard = await carol.done;
    expect(heard.out).toContain(`${alice}  From a pipe`);
    expect(heard.out).toContain(`${alice}  saved ${join(folder, "carol", "notes.txt")}`);
  }, 60_000);

  it("declines files that nobody wants, and people whom it is not for", async () => {
    const his = new Screen(["listen"], env("bob"));
    await his.shows("registered");
    const path = join(folder, "unwanted.bin");
    await writeFile(path, Buffer.alloc(10));
    const hers = new Screen(["chat", bob], env("alice"));
    await hers.shows(`write to ${bob}`);
    hers.keyboard.type(`/file ${path}`);
    await his.shows("declined unwanted.bin (10 bytes)");
    await hers.shows("unwanted.bin was declined");
    const carols = new Keyboard();
    carols.type("me too?");
    carols.end();
    const carol = await run(["chat", alice, "--wait", "0"], { env: env("carol"), lines: carols });
    expect(carol.out).toContain("✓ sent me too?");
    await hers.shows("sip:carol@127.0.0.1 wants to talk; this is for");
    await hers.shows("sip:carol@127.0.0.1  me too?");
    hers.keyboard.end();
    his.leave();
    await Promise.all([hers.done, his.done]);
  }, 60_000);

  it("says what to do when nobody has that name", async () => {
    const typed = new Keyboard();
    typed.type("anybody?", "/hold", "/transport x");
    typed.end();
    const { out } = await run(["chat", "sip:nobody@127.0.0.1"], { env: env("alice"), lines: typed });
    expect(out).toContain(
      'not sent: nobody here is called sip:nobody@127.0.0.1 ("heliograph user list" shows who is)',
    );
    expect(out).toContain("there is no session yet: write something");
    expect(out).toContain("say one of tcp, tls, ws");
  }, 30_000);

  it("CL-11 send takes a long text by itself", async () => {
    const his = new Screen(["listen", "--count", "1", "--json"], env("bob", "udp"));
    await his.shows("registered");
    const words = "long ".repeat(1_000).trim();
    const sent = await run(["send", bob, words, "--receipts"], { env: env("alice", "udp") });
    expect(sent.failed).toBeUndefined();
    expect(sent.out).toContain(`${bob} has it`);
    expect(sent.out).toContain("  displayed\n");
    const { out } = await his.done;
    expect(JSON.parse(out)).toMatchObject({ from: alice, text: words });
  }, 30_000);
});
