import pc from "picocolors";
import type {
  Arrival,
  Client,
  MediaTransport,
  ReceivedMessage,
  Receipt,
  Session,
  SessionInvitation,
  SessionOpened,
} from "@heliograph/client";
import { refused, unreachable } from "../account-options.js";
import { contentOf } from "../describe-arrival.js";
import type { LineEditor } from "../terminal.js";
import { ChatFiles } from "./chat-files.js";
import { markOf, plain } from "./describe.js";
import { chatHelp, type Line, parseLine } from "./parse-line.js";

interface Deps {
  readonly client: Client;
  readonly to: string;
  readonly editor: LineEditor;
  readonly subject: string | undefined;
  readonly transport: MediaTransport | undefined;
  readonly folder: string;
  readonly acceptsFiles: boolean;
}

type Change = Extract<Line, { kind: "transport" }> | { readonly kind: "hold" | "resume" };

const wants = ["positive-delivery", "display"] as const;
/** Answers that say "not now": the message then goes by itself, and waits where it must. */
const notNow: ReadonlySet<number> = new Set([408, 480, 486]);

/** One conversation at a terminal: what is typed is sent, in a session that is opened when it is needed. */
export class Chat {
  readonly #deps: Deps;
  readonly #files: ChatFiles;
  readonly #texts = new Map<string, string>();
  /** Files on their way: lines do not wait for them. */
  readonly #underWay = new Set<Promise<void>>();
  #session: Session | undefined;
  #opening: Promise<SessionOpened> | undefined;
  #heard: () => void = () => undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    const { editor, folder, client } = deps;
    this.#files = new ChatFiles({
      editor,
      folder,
      acceptsAll: deps.acceptsFiles,
      session: () => this.#sessionForFile(),
    });
    client.onMessage((arrival) => this.#show(arrival, (message) => client.markDisplayed(message)));
    client.onReceipt((receipt) => this.#mark(receipt));
    client.onSession((invitation) => this.#answer(invitation));
  }

  /** Says that the person types. */
  typing(): void {
    this.#session?.setComposing("active");
  }

  /** Does what is typed, line after line, until it ends. */
  async run(): Promise<void> {
    this.#deps.editor.prompt("> ");
    for await (const typed of this.#deps.editor.lines) {
      const line = parseLine(typed);
      if (line.kind === "quit") break;
      await this.#do(line);
      this.#deps.editor.prompt("> ");
    }
    if (!this.#deps.editor.isInteractive) await Promise.all(this.#underWay);
  }

  /** Waits until everything that was sent was delivered, for at most so long. */
  async settle(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (this.#texts.size > 0 && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #do(line: Line): Promise<void> {
    const { editor } = this.#deps;
    switch (line.kind) {
      case "text":
        return this.#send(line.text);
      case "file":
        return this.#beside(this.#files.send(line.path));
      case "accept":
        return this.#beside(this.#files.accept());
      case "decline":
        return this.#files.decline();
      case "hold":
      case "resume":
      case "transport":
        return this.#change(line);
      case "help":
        return editor.show(chatHelp);
      case "unknown":
        return editor.show(pc.yellow(line.advice));
      default:
    }
  }

  #beside(task: Promise<void>): void {
    this.#underWay.add(task);
    void task.finally(() => this.#underWay.delete(task));
  }

  async #send(text: string): Promise<void> {
    const { editor } = this.#deps;
    await this.#opening;
    const session = this.#session;
    if (!session || session.isOver) return this.#open(text);
    const sent = await session.sendText(text, { wants });
    if (sent.kind === "sent") return this.#sent(sent.messageId, text, "sent");
    if (sent.kind === "lost") return this.#open(text);
    editor.show(pc.red(`not sent: ${sent.reason}`));
  }

  /** The first line goes with the invitation. */
  async #open(text: string): Promise<void> {
    const { editor, to } = this.#deps;
    const opened = await this.#openSession(text);
    if (opened.kind === "established") {
      if (opened.firstMessageId) this.#sent(opened.firstMessageId, text, "sent");
      return;
    }
    const isAway = opened.kind === "silent" || (opened.kind === "refused" && notNow.has(opened.status));
    if (isAway) return this.#leave(text);
    editor.show(pc.red(`not sent: ${whyNot(opened, to)}`));
  }

  /** A message by itself, which the service keeps for who is away. */
  async #leave(text: string): Promise<void> {
    const { client, editor, to } = this.#deps;
    const sent = await client.sendText(to, text, { wants });
    if (sent.kind === "accepted") {
      return this.#sent(sent.messageId, text, sent.status === 202 ? "stored" : "sent");
    }
    const why = sent.kind === "refused" ? refused(sent.status, sent.reason) : unreachable(sent.reason);
    editor.show(pc.red(`not sent: ${why}`));
  }

  async #openSession(firstMessage?: string): Promise<SessionOpened> {
    const { client, to, subject, transport, editor } = this.#deps;
    this.#opening = client.openSession(to, {
      wants,
      ...(firstMessage !== undefined && { firstMessage }),
      ...(subject !== undefined && { subject }),
      ...(transport !== undefined && { transport }),
      onRinging: () => editor.show(pc.dim(`${to} is being called`)),
    });
    const opened = await this.#opening;
    this.#opening = undefined;
    if (opened.kind === "established") this.#join(opened.session);
    return opened;
  }

  async #sessionForFile(): Promise<Session | undefined> {
    await this.#opening;
    if (this.#session && !this.#session.isOver) return this.#session;
    const opened = await this.#openSession();
    if (opened.kind === "established") return opened.session;
    this.#deps.editor.show(pc.red(whyNot(opened, this.#deps.to)));
    return undefined;
  }

  async #answer(invitation: SessionInvitation): Promise<void> {
    const { to, editor } = this.#deps;
    if (!isSame(invitation.from, to)) {
      editor.show(pc.yellow(`${plain(invitation.from)} wants to talk; this is for ${to} alone`));
      return invitation.decline(480);
    }
    const session = await invitation.accept({ onFile: (file) => this.#files.offer(file) });
    if (session) this.#join(session);
  }

  #join(session: Session): void {
    const { editor } = this.#deps;
    this.#session = session;
    const name = plain(session.peer);
    editor.show(
      pc.dim(`in conversation with ${name}${session.subject ? `: ${plain(session.subject)}` : ""}`),
    );
    session.onMessage((arrival) => this.#show(arrival, (message) => session.markDisplayed(message)));
    session.onReceipt((receipt) => this.#mark(receipt));
    session.onComposing(({ state }) => {
      if (state === "active") editor.show(pc.dim(`${name} is typing…`));
    });
    session.onFile((file) => this.#files.offer(file));
    session.onHold((isHeld) => editor.show(pc.dim(isHeld ? `${name} asks for silence` : `${name} is back`)));
    session.onEnded(({ by }) => {
      if (this.#session === session) this.#session = undefined;
      if (by !== "local") editor.show(pc.dim(by === "remote" ? `${name} has left` : "the session is lost"));
    });
  }

  async #change(line: Change): Promise<void> {
    const { editor } = this.#deps;
    const session = this.#session;
    if (!session) return editor.show(pc.dim("there is no session yet: write something"));
    const changed = await changeOf(session, line);
    if (changed.kind === "done") return editor.show(pc.dim(`${line.kind}: done`));
    const reason = changed.kind === "over" ? "the session is over" : changed.reason;
    editor.show(pc.red(`${line.kind}: ${reason}`));
  }

  #show({ message, isRepeat }: Arrival, markDisplayed: (message: ReceivedMessage) => Promise<void>): void {
    if (isRepeat) return;
    this.#deps.editor.show(`${pc.bold(plain(message.from))}  ${contentOf(message)}`);
    // After what says that it was delivered.
    setImmediate(() => void markDisplayed(message));
  }

  #sent(messageId: string, text: string, status: "sent" | "stored"): void {
    if (status === "sent") this.#texts.set(messageId, text);
    this.#deps.editor.show(markOf(status, text));
  }

  #mark({ messageId, status, kind }: Receipt): void {
    const text = this.#texts.get(messageId);
    if (text === undefined) return;
    if (kind === "display") this.#texts.delete(messageId);
    this.#deps.editor.show(markOf(status, text));
    this.#heard();
  }
}

function changeOf(session: Session, line: Change): ReturnType<Session["hold"]> {
  switch (line.kind) {
    case "hold":
      return session.hold();
    case "resume":
      return session.resume();
    default:
      return session.switchTransport(line.transport);
  }
}

function whyNot(opened: Exclude<SessionOpened, { kind: "established" }>, to: string): string {
  switch (opened.kind) {
    case "refused":
      if (opened.status === 404) return `nobody here is called ${to} ("heliograph user list" shows who is)`;
      if (opened.status === 603) return `${to} does not want to talk`;
      if (opened.status === 480) return `${to} is not there`;
      return refused(opened.status, opened.reason);
    case "unreachable":
      return unreachable(opened.reason);
    case "silent":
      return `${to} does not answer`;
    default:
      return "given up";
  }
}

/** Whether two URIs name one user, as far as a person would say so. */
function isSame(one: string, other: string): boolean {
  const bare = (uri: string): string => (uri.split(";")[0] ?? "").toLowerCase();
  return bare(one) === bare(other);
}
