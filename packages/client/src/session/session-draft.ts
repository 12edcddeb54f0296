import { isForFile, type MsrpMedia } from "@heliograph/sdp";
import type { Dialog } from "@heliograph/sip";
import { Call } from "./call.js";
import { Conversation } from "./conversation.js";
import { type FileDecider, FileDesk } from "./file-desk.js";
import type { LiveLine } from "./line.js";
import type { LocalEnds } from "./local-ends.js";
import { type MediaTransport, mediaTransportOf } from "./media-transport.js";
import { Session } from "./session.js";
import { chatAccepts, newSdpSessionId, type SessionContext } from "./session-context.js";
import { SessionMedia } from "./session-media.js";
import { unheardSignals } from "./session-signals.js";

interface About {
  readonly peer: string;
  readonly subject: string | undefined;
  readonly transport: MediaTransport;
  readonly idleS?: number;
  readonly wrappedTypes?: readonly string[];
}

const defaultIdleS = 300;

/** A session before its dialog: it has media to offer or to answer with. @spec CL-33 */
export class SessionDraft {
  readonly media: SessionMedia;
  readonly conversation: Conversation;
  readonly #context: SessionContext;
  readonly #ends: LocalEnds;
  readonly #about: About;
  readonly #signals = unheardSignals();
  readonly #files: FileDesk;
  #call: Call | undefined;
  #session: Session | undefined;
  #hasChat = false;

  constructor(context: SessionContext, ends: LocalEnds, about: About) {
    this.#context = context;
    this.#ends = ends;
    this.#about = about;
    const { clock, chance, seen, hearers, notify, aor } = context;
    const signals = this.#signals;
    const { endpoints } = ends;
    this.conversation = new Conversation({
      endpoints,
      clock,
      chance,
      aor,
      peer: about.peer,
      callId: () => this.#begun().callId,
      seen,
      hearers,
      notify,
      signals,
      accepts: chatAccepts(context.limits, about.wrappedTypes),
    });
    this.#files = new FileDesk({
      ends,
      endpoints,
      clock,
      chance,
      call: () => this.#begun(),
      transport: () => this.#session?.transport ?? about.transport,
      signals,
    });
    this.media = new SessionMedia(ends, newSdpSessionId(clock.nowMs()));
  }

  onFile(decide: FileDecider): void {
    this.#files.onFile(decide);
  }

  /** Decides about a section that the peer offers: files each for itself, one for messages. */
  newLine(section: MsrpMedia): Promise<LiveLine | undefined> {
    if (isForFile(section)) return this.#files.decide(section);
    return this.#hasChat ? Promise.resolve(undefined) : this.chatLine(mediaTransportOf(section));
  }

  /** The section for messages. */
  async chatLine(reach: MediaTransport = this.#about.transport): Promise<LiveLine> {
    this.#hasChat = true;
    return {
      kind: "live",
      user: this.conversation.line,
      end: await this.#ends.create(reach),
      accepts: chatAccepts(this.#context.limits, this.#about.wrappedTypes),
      direction: "sendrecv",
    };
  }

  /** The session, now that there is a dialog. */
  begin(dialog: Dialog): Session {
    const { media, conversation } = this;
    const { credentials, resolveNames, takeInDialog, clock } = this.#context;
    const { peer, subject, transport, idleS = defaultIdleS } = this.#about;
    const call = new Call({
      dialog,
      clock,
      media,
      credentials,
      resolveNames,
      newLine: (section) => this.newLine(section),
      onMessage: takeInDialog,
    });
    this.#call = call;
    this.#context.began(call);
    this.#session = new Session(
      {
        call,
        signals: this.#signals,
        conversation,
        files: this.#files,
        ends: this.#ends,
        clock,
        peer,
        subject,
        idleS,
      },
      transport,
    );
    return this.#session;
  }

  #begun(): Call {
    if (!this.#call) throw new Error("the session has no dialog yet");
    return this.#call;
  }
}
