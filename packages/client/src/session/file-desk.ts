import { type Chance, type Clock, unreachable } from "@heliograph/kernel";
import type { MsrpEndpoints } from "@heliograph/msrp-stack";
import { type FileSelector, fingerprintOf, type MsrpMedia } from "@heliograph/sdp";
import type { Call, Reoffered } from "./call.js";
import type { FileReceiving, FileSending, FileSent, FileTaker, FileToSend } from "./file-transfer.js";
import { IncomingFile } from "./incoming-file.js";
import { Later } from "./later.js";
import type { Line, LineUser, LiveLine } from "./line.js";
import { type LocalEnds, protocolOf } from "./local-ends.js";
import { type MediaTransport, mediaTransportOf } from "./media-transport.js";
import { OutgoingFile } from "./outgoing-file.js";
import type { SessionSignals } from "./session-signals.js";
import { closed } from "./session-media.js";

/** A file that the peer wants to send. Undecided for too long, it is declined: the peer's INVITE waits for the answer. */
export interface OfferedFile {
  /** As the sender named it: not safe for a file system. */
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly size: number | undefined;
  readonly sha1: string | undefined;
  /** 1, or where a broken transfer goes on. */
  readonly fromOctet: number;
  /** Takes it. Too late, when it has been declined or the time to decide is over, the outcome is `lost` at once. */
  accept(taker: FileTaker): FileReceiving;
  decline(): void;
}

/** Who decides about files that the peer offers. */
export type FileDecider = (file: OfferedFile) => Promise<void> | void;

interface Deps {
  readonly ends: LocalEnds;
  readonly endpoints: MsrpEndpoints;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly call: () => Call;
  readonly transport: () => MediaTransport;
  readonly signals: SessionSignals;
}

/** Less than what any hop waits for the answer to an INVITE inside a dialog. @spec R-client-3 */
const decideWithinMs = 25_000;
/** How often a file is tried over. */
const mostTries = 5;
/** Sections are added up to here, then places of closed ones are taken again. @spec rfc5547#8.6 */
const mostLines = 16;

/** Sends and takes files, each on a section of its own. @spec rfc5547#8 @spec MS-57 */
export class FileDesk {
  readonly #deps: Deps;
  readonly #known = new Set<string>();
  #offer: FileDecider | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  onFile(offer: FileDecider): void {
    this.#offer = offer;
  }

  /** Offers a file, and goes on after a loss where the far end has the most. @spec rfc5547#8.2.1 */
  send(file: FileToSend, fromOctet: number): FileSending {
    let hearProgress: (octets: number) => void = () => undefined;
    let current: OutgoingFile | undefined;
    let isCancelled = false;
    const begin = (from: number): OutgoingFile | undefined => {
      if (isCancelled) return undefined;
      const { endpoints } = this.#deps;
      current = new OutgoingFile({
        endpoints,
        file,
        fromOctet: from,
        progressed: (octets) => hearProgress(octets),
      });
      return current;
    };
    return {
      outcome: this.#sendAll(file, fromOctet, begin),
      onProgress: (hear) => {
        hearProgress = hear;
      },
      cancel: () => {
        isCancelled = true;
        current?.cancel();
      },
    };
  }

  /** Asks who decides about a file that the peer offers. */
  async decide(media: MsrpMedia): Promise<LiveLine | undefined> {
    const { file } = media;
    const id = file?.transferId;
    if (!file || !this.#offer || media.direction !== "sendonly") return undefined;
    if (id !== undefined && this.#known.has(id)) return undefined;
    if (id !== undefined) this.#known.add(id);
    const decision = new Later<IncomingFile | undefined>();
    const timer = this.#deps.clock.after(decideWithinMs, () => decision.settle(undefined));
    void this.#ask(this.#offer, this.#offered(media, decision));
    const user = await decision.promise;
    timer.cancel();
    if (!user) return undefined;
    const type = file.selector.type?.split(";")[0] ?? "*";
    return {
      kind: "live",
      user,
      end: await this.#deps.ends.create(mediaTransportOf(media)),
      accepts: { acceptTypes: [type], acceptWrappedTypes: [], maxMessageBytes: Number.POSITIVE_INFINITY },
      direction: "recvonly",
      file,
    };
  }

  /** Who breaks down over the question has declined. */
  async #ask(decide: FileDecider, offered: OfferedFile): Promise<void> {
    try {
      await decide(offered);
    } catch {
      offered.decline();
    }
  }

  #offered({ file }: MsrpMedia, decision: Later<IncomingFile | undefined>): OfferedFile {
    const { name, type, size, hashes } = file?.selector ?? { hashes: [] };
    const fromOctet = file?.range?.start ?? 1;
    return {
      name,
      type,
      size,
      sha1: hashes.find(({ hash }) => hash === "sha-1")?.digest,
      fromOctet,
      accept: (taker) => {
        const { endpoints } = this.#deps;
        const user = new IncomingFile({ endpoints, taker, offset: fromOctet - 1, size });
        if (decision.isSettled) user.missed();
        decision.settle(user);
        return {
          outcome: user.outcome,
          onProgress: (hear) => user.onProgress(hear),
          cancel: () => void this.#remove(user),
        };
      },
      decline: () => decision.settle(undefined),
    };
  }

  async #sendAll(
    file: FileToSend,
    fromOctet: number,
    begin: (from: number) => OutgoingFile | undefined,
  ): Promise<FileSent> {
    let from = fromOctet;
    for (let attempt = 1; ; attempt += 1) {
      const user = begin(from);
      if (!user) return { kind: "cancelled", by: "us" };
      const sent = await this.#sendOnce(file, from, user);
      // A receiver that has lost what it had takes the whole, not the rest.
      if (sent.kind === "declined" && from > 1 && attempt < mostTries) from = 1;
      else if (sent.kind === "lost" && attempt < mostTries && !this.#deps.call().isOver) {
        from = Math.min(sent.confirmedOctets + 1, file.size);
      } else return sent;
    }
  }

  async #sendOnce(file: FileToSend, from: number, user: OutgoingFile): Promise<FileSent> {
    const { call, signals } = this.#deps;
    signals.active();
    const line = await this.#lineFor(file, from, user);
    const offered = await call().reoffer((lines) => withLine(lines, line));
    if (offered.kind !== "agreed") return notOffered(offered, from);
    const sent = await user.outcome;
    signals.active();
    await this.#remove(user);
    return sent;
  }

  async #lineFor(file: FileToSend, from: number, user: OutgoingFile): Promise<LiveLine> {
    const { ends, chance, transport } = this.#deps;
    const { name, size, type, sha1 } = file;
    const selector: FileSelector = {
      name,
      size,
      type,
      hashes: sha1 ? [fingerprintOf("sha-1", sha1)] : [],
    };
    const id = chance.token(24);
    this.#known.add(id);
    return {
      kind: "live",
      user,
      end: await ends.create(transport()),
      accepts: {
        acceptTypes: [type.split(";")[0] ?? "*"],
        acceptWrappedTypes: [],
        maxMessageBytes: Number.POSITIVE_INFINITY,
      },
      direction: "sendonly",
      file: { selector, transferId: id, ...(from > 1 && { range: { start: from } }) },
    };
  }

  /** Port 0, then the MSRP session goes. @spec rfc5547#8.4 */
  async #remove(user: LineUser): Promise<void> {
    const call = this.#deps.call();
    if (!call.media.lines.some((line) => line.kind === "live" && line.user === user)) return;
    await call.reoffer((lines) => lines.map((line) => withoutUser(line, user)));
  }
}

function notOffered(offered: Exclude<Reoffered, { kind: "agreed" }>, from: number): FileSent {
  switch (offered.kind) {
    case "refused":
      // 488 and 603: nothing of the offer was taken.
      return [488, 603].includes(offered.status) ? { kind: "declined" } : offered;
    case "unreachable":
      return { kind: "lost", reason: offered.reason, confirmedOctets: from - 1 };
    case "over":
      return { kind: "lost", reason: "the session is over", confirmedOctets: from - 1 };
    default:
      return unreachable(offered);
  }
}

function withLine(lines: readonly Line[], line: LiveLine): readonly Line[] {
  const place = lines.findIndex(({ kind }) => kind === "closed");
  return lines.length < mostLines || place < 0 ? [...lines, line] : lines.with(place, line);
}

function withoutUser(line: Line, user: LineUser): Line {
  if (line.kind === "closed" || line.user !== user) return line;
  return closed({ media: "message", port: 0, protocol: protocolOf(line.end), formats: "*" }, line.file);
}
