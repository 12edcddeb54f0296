import { setTimeout as wait } from "node:timers/promises";
import pc from "picocolors";
import {
  type FileSent,
  fileToSend,
  type OfferedFile,
  type OpenFile,
  saveFile,
  type Session,
} from "@heliograph/client";
import type { LineEditor } from "../terminal.js";
import { formatBytes, plain, progressBar } from "./describe.js";

interface Deps {
  readonly editor: LineEditor;
  /** A session to send in, opened anew where there is none; undefined: there is none to be had. */
  readonly session: () => Promise<Session | undefined>;
  readonly folder: string;
  /** Take every file without asking. */
  readonly acceptsAll: boolean;
}

/** How often a file is tried over in a new session, and how long to wait before. */
const mostSessions = 5;
const pauseMs = 2_000;
const redrawMs = 100;

/** Files of one chat: sent with a progress bar, taken when the person says so. */
export class ChatFiles {
  readonly #deps: Deps;
  readonly #offered: OfferedFile[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Sends a file, in as many sessions as it takes. */
  async send(path: string): Promise<void> {
    const { editor } = this.#deps;
    const file = await fileToSend(path).catch((cause: unknown) => explain(cause));
    if (typeof file === "string") return editor.show(pc.red(`not sent: ${file}`));
    try {
      editor.show(pc.dim(`offering ${plain(file.name)} (${formatBytes(file.size)})`));
      editor.show(describeSent(await this.#sendAll(file), file));
    } finally {
      file.close();
    }
  }

  /** The other side offers a file. */
  async offer(offered: OfferedFile): Promise<void> {
    const { editor, acceptsAll } = this.#deps;
    const name = plain(offered.name ?? "a file");
    const size = offered.size === undefined ? "" : ` (${formatBytes(offered.size)})`;
    if (acceptsAll || offered.fromOctet > 1) return this.#take(offered);
    this.#offered.push(offered);
    editor.show(pc.bold(`${name}${size} is offered: /accept or /decline within 25 s`));
  }

  async accept(): Promise<void> {
    const offered = this.#offered.shift();
    if (!offered) return this.#deps.editor.show(pc.dim("no file is offered"));
    await this.#take(offered);
  }

  decline(): void {
    const offered = this.#offered.shift();
    if (!offered) return this.#deps.editor.show(pc.dim("no file is offered"));
    offered.decline();
  }

  async #sendAll(file: OpenFile): Promise<FileSent> {
    let sent: FileSent = { kind: "lost", reason: "there is no session", confirmedOctets: 0 };
    for (let attempt = 1; attempt <= mostSessions; attempt += 1) {
      const session = await this.#deps.session();
      if (session) {
        const fromOctet: number = sent.kind === "lost" ? sent.confirmedOctets + 1 : 1;
        const sending = session.sendFile(file, { fromOctet: Math.min(fromOctet, Math.max(1, file.size)) });
        sending.onProgress(this.#progress(file.size));
        sent = await sending.outcome;
        this.#deps.editor.prompt("> ");
      }
      if (sent.kind !== "lost" || !session || attempt === mostSessions) return sent;
      this.#deps.editor.show(
        pc.yellow(`${sent.reason} at ${formatBytes(sent.confirmedOctets)}: trying again`),
      );
      await wait(pauseMs);
    }
    return sent;
  }

  async #take(offered: OfferedFile): Promise<void> {
    const { editor, folder } = this.#deps;
    const taker = await saveFile(offered, folder).catch((cause: unknown) => explain(cause));
    if (typeof taker === "string") {
      offered.decline();
      return editor.show(pc.red(`not taken: ${taker}`));
    }
    const receiving = offered.accept(taker);
    if (offered.size !== undefined) receiving.onProgress(this.#progress(offered.size));
    const received = await receiving.outcome;
    editor.prompt("> ");
    editor.show(
      received.kind === "received"
        ? pc.green(`saved ${taker.path} (${formatBytes(received.size)})`)
        : pc.red(`the file broke off: ${received.reason}; what has come is kept for when it goes on`),
    );
  }

  /** Before a person a bar that grows, otherwise a line for each quarter. */
  #progress(size: number): (octets: number) => void {
    const { editor } = this.#deps;
    let drawnAtMs = 0;
    let quarters = 0;
    return (octets) => {
      if (editor.isInteractive) {
        if (octets < size && Date.now() - drawnAtMs < redrawMs) return;
        drawnAtMs = Date.now();
        return editor.prompt(`${progressBar(octets, size)} > `);
      }
      const reached = size === 0 ? 4 : Math.floor((octets * 4) / size);
      if (reached <= quarters) return;
      quarters = reached;
      editor.show(progressBar(octets, size));
    };
  }
}

function describeSent(sent: FileSent, { name, size }: OpenFile): string {
  switch (sent.kind) {
    case "sent":
      return pc.green(`✓✓ ${plain(name)} has arrived (${formatBytes(size)})`);
    case "declined":
      return pc.yellow(`${plain(name)} was declined`);
    case "cancelled":
      return pc.yellow(`${plain(name)} was stopped`);
    case "refused":
      return pc.red(`${plain(name)} was refused: ${sent.status} ${sent.reason}`);
    default:
      return pc.red(`not sent: ${sent.reason}; /file again goes on where it broke off, if they have kept it`);
  }
}

const explain = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "message" in cause ? String(cause.message) : String(cause);
