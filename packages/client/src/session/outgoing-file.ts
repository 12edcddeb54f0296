import type { BodySource } from "@heliograph/msrp";
import type { MsrpEndpoints, MsrpSession, SendOutcome, SentMessage } from "@heliograph/msrp-stack";
import type { FileSent, FileToSend } from "./file-transfer.js";
import { Later } from "./later.js";
import type { LineUser, OpenedLine } from "./line.js";
import { msrpSessionParts } from "./msrp-session-parts.js";
import { notAllowed } from "./not-allowed.js";

interface Deps {
  readonly endpoints: MsrpEndpoints;
  readonly file: FileToSend;
  /** The first octet to send, 1 being the first of the file. */
  readonly fromOctet: number;
  /** Octets of the file that the far end has. */
  readonly progressed: (octets: number) => void;
}

/** A section that carries one file of ours, or the rest of one, as one message. @spec rfc5547#8.7 @spec MS-57 */
export class OutgoingFile implements LineUser {
  readonly #deps: Deps;
  readonly #outcome = new Later<FileSent>();
  #msrp: MsrpSession | undefined;
  #sent: SentMessage | undefined;
  #confirmed: number;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#confirmed = deps.fromOctet - 1;
  }

  get outcome(): Promise<FileSent> {
    return this.#outcome.promise;
  }

  open(line: OpenedLine): void {
    const parts = msrpSessionParts(line);
    if (this.#msrp) return this.#msrp.renegotiate(parts);
    const { endpoints, file, fromOctet } = this.#deps;
    const size = file.size - fromOctet + 1;
    this.#msrp = endpoints.open(parts);
    // That it was never bound is an outcome of what is sent.
    this.#msrp.bound.catch(() => undefined);
    this.#sent = this.#msrp.send({
      contentType: file.type,
      mimeFields: [["Content-Disposition", `attachment; filename="${plainName(file.name)}"`]],
      body: restOf(file.source, { fromOctet, size }),
      wantsSuccessReport: true,
    });
    this.#sent.onProgress((octets) => this.#progressed(octets));
    void this.#finish(this.#sent);
  }

  close(why: "refused" | "removed" | "over"): void {
    if (why === "refused") this.#outcome.settle({ kind: "declined" });
    if (why === "removed") this.#outcome.settle({ kind: "cancelled", by: "peer" });
    this.#lose("the session is over");
    if (why === "removed") this.#sent?.abort();
    this.#msrp?.close();
  }

  /** Ends the message with `#`. @spec rfc5547#8.4 */
  cancel(): void {
    this.#outcome.settle({ kind: "cancelled", by: "us" });
    this.#sent?.abort();
  }

  async #finish(sent: SentMessage): Promise<void> {
    const answered = await sent.sent;
    const outcome: SendOutcome = answered.kind === "done" ? await sent.reported : answered;
    if (outcome.kind === "done") return this.#outcome.settle({ kind: "sent" });
    if (outcome.kind === "lost") {
      this.#progressed(Math.max(outcome.confirmedOctets, this.#confirmed - this.#deps.fromOctet + 1));
      return this.#lose(outcome.reason);
    }
    if (outcome.kind === "not-allowed") {
      return this.#outcome.settle({ kind: "refused", ...notAllowed[outcome.why] });
    }
    const { status, comment } = outcome;
    this.#outcome.settle({ kind: "refused", status, reason: comment ?? "refused by the far end" });
  }

  #progressed(octets: number): void {
    this.#confirmed = this.#deps.fromOctet - 1 + octets;
    this.#deps.progressed(this.#confirmed);
  }

  #lose(reason: string): void {
    this.#outcome.settle({ kind: "lost", reason, confirmedOctets: this.#confirmed });
  }
}

function restOf(source: BodySource, { fromOctet, size }: { fromOctet: number; size: number }): BodySource {
  return { size, read: (from, most) => source.read(from + fromOctet - 1, most) };
}

const plainName = (name: string): string => name.replaceAll(/[\x00-\x1f\x7f"\\]/g, "_");
