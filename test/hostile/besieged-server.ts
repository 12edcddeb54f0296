import { readFileSync } from "node:fs";
import { type Client, createClient } from "@heliograph/client";
import { HeliographServer } from "@heliograph/testkit";
import { closePeers, until } from "./wire.js";

/** A message as a device showed it. */
interface Shown {
  readonly from: string;
  readonly text: string;
}

/**
 * The whole embedded server on real sockets, with two honest people on it: whatever is thrown at it, they must go on
 * writing to each other.
 */
export class BesiegedServer {
  readonly shown: Shown[] = [];
  readonly #pid: number;
  #count = 0;

  private constructor(
    readonly server: HeliographServer,
    private readonly alice: Client,
    private readonly bob: Client,
  ) {
    this.#pid = server.pid;
    bob.onMessage(({ message }) => void this.shown.push({ from: message.from, text: message.text ?? "" }));
  }

  static async start(
    env: Readonly<Record<string, string>> = {},
    youngMegabytes = 16,
  ): Promise<BesiegedServer> {
    const server = await HeliographServer.start({ env, youngMegabytes });
    // Another source than the attackers', so that their rate is not held against these two.
    const client = (name: string) =>
      createClient({
        aor: `sip:${name}@127.0.0.1`,
        password: name,
        server: server.uri("udp"),
        localAddress: "127.0.0.9",
      });
    const besieged = new BesiegedServer(server, client("alice"), client("bob"));
    for (const honest of [besieged.alice, besieged.bob]) {
      const registered = await honest.register();
      if (registered.kind !== "registered") throw new Error(JSON.stringify(registered));
    }
    return besieged;
  }

  /** That the same process still takes a message from one honest person to the other. */
  async mustServe(): Promise<void> {
    const text = `still there? ${(this.#count += 1)}`;
    const sent = await this.alice.sendText("sip:bob@127.0.0.1", text);
    if (sent.kind !== "accepted" || sent.status !== 200) throw new Error(`alice got ${JSON.stringify(sent)}`);
    await until(() => this.shown.some((shown) => shown.text === text), "bob sees what alice wrote");
    if (this.server.pid !== this.#pid || !isRunning(this.#pid)) throw new Error("the process is another one");
    const exceptions = await this.count("heliograph_sip_stack_exceptions_total");
    if (exceptions > 0) throw new Error(`${exceptions} exceptions in the stack`);
  }

  /** What bob's device showed from this text on. */
  messagesWith(text: string): readonly Shown[] {
    return this.shown.filter((shown) => shown.text.includes(text));
  }

  /** The sum of a counter over the label values that `label` matches. */
  async count(name: string, label = ""): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.server.ports.health}/metrics`);
    const lines = (await response.text()).split("\n");
    const samples = lines.filter((line) => line.startsWith(name) && !/^\w/.test(line.slice(name.length)));
    if (samples.length === 0) throw new Error(`/metrics has no ${name}`);
    return samples
      .filter((line) => line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Memory that the process has in RAM. */
  get residentBytes(): number {
    const pages = readFileSync(`/proc/${this.#pid}/statm`, "utf8").split(" ")[1];
    return Number(pages) * 4_096;
  }

  async stop(): Promise<void> {
    closePeers();
    await Promise.allSettled([this.alice.dropOff(), this.bob.dropOff()]);
    await this.server.stop();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
