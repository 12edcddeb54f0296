import { mkdtempSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "@heliograph/testkit";
import { SpawnedProgram } from "./spawned-program.js";

interface BaresipOptions {
  /** The account's URI with its parameters: `sip:eve@127.0.0.1:5060;transport=udp`. */
  readonly uri: string;
  readonly password: string;
  /** The only contact in its book: whom `send` sends to. */
  readonly contact: string;
}

interface BaresipPorts {
  /** For SIP; it takes the next one, too. */
  readonly sip: number;
  readonly control: number;
}

const attempts = 3;

/** baresip without sound, driven over its control connection. */
export class Baresip {
  private constructor(
    readonly program: SpawnedProgram,
    private readonly control: Socket,
  ) {}

  /** Starts it and waits until it is registered; again on other ports where somebody else was quicker to take them. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    for (let attempt = 1; ; attempt += 1) {
      const ports = { sip: await freePort(), control: await freePort() };
      const program = new SpawnedProgram("baresip", ["-f", writeConfig(options, ports), "-s"]);
      try {
        await program.waitFor(/useragents? registered successfully/, 20_000);
        const baresip = new Baresip(program, await connectWithPatience(ports.control));
        baresip.#command("contact_next");
        return baresip;
      } catch (cause) {
        await program.stop();
        if (attempt === attempts || !/in use/i.test(program.output)) throw cause;
      }
    }
  }

  /** Sends a text to the contact. */
  async send(text: string): Promise<void> {
    await wait(200);
    this.#command("message", text);
  }

  async stop(): Promise<void> {
    this.control.destroy();
    await this.program.stop();
  }

  #command(command: string, params?: string): void {
    const json = JSON.stringify({ command, params, token: "test" });
    this.control.write(`${Buffer.byteLength(json)}:${json},`);
  }
}

function writeConfig({ uri, password, contact }: BaresipOptions, ports: BaresipPorts): string {
  const folder = mkdtempSync(join(tmpdir(), "baresip-"));
  writeFileSync(join(folder, "accounts"), `<${uri}>;auth_pass=${password};regint=600\n`);
  writeFileSync(join(folder, "contacts"), `"Contact" <${contact}>\n`);
  const config = [
    `sip_listen 127.0.0.1:${ports.sip}`,
    "net_interface 127.0.0.1",
    "audio_player nil",
    "audio_source nil",
    "module_path /usr/lib/baresip/modules",
    "module stdio.so",
    "module_app account.so",
    "module_app contact.so",
    "module_app menu.so",
    "module_app ctrl_tcp.so",
    `ctrl_tcp_listen 127.0.0.1:${ports.control}`,
    "",
  ];
  writeFileSync(join(folder, "config"), config.join("\n"));
  return folder;
}

async function connectWithPatience(port: number): Promise<Socket> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (isOpen) return socket;
    await wait(100);
  }
  throw new Error(`nothing listens on the control port ${port}`);
}
