import { type OpenSessionOptions, type Session, saveFile } from "@heliograph/client";
import { aorOf, Person } from "./person.js";

/** A person who takes every session, and remembers what happens in it. */
export class Talker extends Person {
  readonly sessions: Session[] = [];
  readonly composing: string[] = [];
  /** Paths of the files that were taken. */
  readonly files: string[] = [];
  /** Files are declined without it. */
  savesFilesTo: string | undefined;

  constructor(...parts: ConstructorParameters<typeof Person>) {
    super(...parts);
    this.client.onComposing(({ state }) => void this.composing.push(state));
    this.client.onSession(async (invitation) => {
      const session = await invitation.accept();
      if (session) this.#hear(session);
    });
  }

  /** Opens a session with somebody who must take it. */
  async call(name: string, options: OpenSessionOptions = {}): Promise<Session> {
    const opened = await this.client.openSession(aorOf(name), options);
    if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
    this.#hear(opened.session);
    return opened.session;
  }

  /** Sends a text that is too large for a MESSAGE; somebody, or Postgres, must have it when this settles. */
  async sendLong(to: string, text: string): Promise<void> {
    const sent = await this.client.sendText(aorOf(to), text);
    if (sent.kind !== "accepted") throw new Error(`a long text was answered ${JSON.stringify(sent)}`);
  }

  #hear(session: Session): void {
    this.sessions.push(session);
    session.onFile(async (offer) => {
      if (this.savesFilesTo === undefined) return offer.decline();
      const saved = await saveFile(offer, this.savesFilesTo);
      await offer.accept(saved).outcome;
      if (saved.path !== undefined) this.files.push(saved.path);
    });
  }
}
