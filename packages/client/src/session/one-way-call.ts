import type { Direction, FileTransfer } from "@heliograph/sdp";
import type { Dialog } from "@heliograph/sip";
import { Call } from "./call.js";
import type { LiveLine } from "./line.js";
import type { Accepts, LocalEnds } from "./local-ends.js";
import type { MediaTransport } from "./media-transport.js";
import { type IncomingWhole, MessageLine } from "./message-line.js";
import { newSdpSessionId, type SessionContext } from "./session-context.js";
import { SessionMedia } from "./session-media.js";

interface Way {
  readonly direction: Extract<Direction, "sendonly" | "recvonly">;
  readonly accepts: Accepts;
  readonly take: (message: IncomingWhole) => Promise<void>;
  readonly file?: FileTransfer;
  readonly mustConnect?: boolean;
}

/** How much later than the close of the connection a BYE may come. */
const byeMs = 1_000;

/** A session for messages one way: large-message mode, a push of the store, a retrieval. */
export class OneWayCall {
  readonly line: MessageLine;
  readonly media: SessionMedia;
  #call: Call | undefined;

  constructor(
    private readonly context: SessionContext,
    private readonly ends: LocalEnds,
    private readonly way: Way,
  ) {
    const { clock } = context;
    this.line = new MessageLine({
      endpoints: ends.endpoints,
      clock,
      take: way.take,
      failed: () => this.#lost(),
    });
    this.media = new SessionMedia(ends, newSdpSessionId(clock.nowMs()));
  }

  async section(reach: MediaTransport): Promise<LiveLine> {
    const { direction, accepts, file, mustConnect } = this.way;
    return {
      kind: "live",
      user: this.line,
      end: await this.ends.create(reach),
      accepts,
      direction,
      ...(file && { file }),
      ...(mustConnect && { mustConnect }),
    };
  }

  begin(dialog: Dialog): Call {
    const { credentials, resolveNames, takeInDialog, clock } = this.context;
    this.#call = new Call({
      dialog,
      clock,
      media: this.media,
      credentials,
      resolveNames,
      newLine: () => Promise.resolve(undefined),
      onMessage: takeInDialog,
    });
    this.context.began(this.#call);
    return this.#call;
  }

  /**
   * A message is begun anew in a session of its own. Who receives gives the far end time for its BYE: at the end of a
   * session that and the close of the connection come by different ways.
   *
   * @spec MS-47
   */
  #lost(): void {
    const end = (): void => void this.#call?.bye(`SIP;cause=503;text="Service Unavailable"`);
    if (this.way.direction === "recvonly") this.context.clock.after(byeMs, end);
    else end();
  }

  get callId(): string {
    return this.#call?.callId ?? "";
  }
}
