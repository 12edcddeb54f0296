import {
  type ChunkLimits,
  ChunkParser,
  type ChunkSink,
  type Head,
  type MalformedHead,
} from "@heliograph/msrp";

/** A chunk that was read. */
export interface ReadChunk {
  readonly head: Head;
  readonly body: string;
  readonly flag: string;
}

/** Keeps what a connection brought. Bodies are one character for each octet. */
export class RecordingSink implements ChunkSink {
  readonly chunks: ReadChunk[] = [];
  readonly malformed: MalformedHead[] = [];
  broken: string | undefined;
  /** Octets of the body in hand. */
  body = "";
  #head: Head | undefined;

  onHead(head: Head): void {
    this.#head = head;
    this.body = "";
  }

  onBody(bytes: Uint8Array): void {
    this.body += Buffer.from(bytes).toString("latin1");
  }

  onEnd(flag: string): void {
    if (!this.#head) throw new Error("end without head");
    this.chunks.push({ head: this.#head, body: this.body, flag });
    this.#head = undefined;
  }

  onMalformed(fault: MalformedHead): void {
    this.malformed.push(fault);
    this.#head = undefined;
  }

  onBroken(rule: string): void {
    this.broken = rule;
  }
}

/** Lines as octets, CRLF after each. */
export function wire(...lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
}

/** Reads pieces of one connection. */
export function readAll(pieces: readonly Uint8Array[], limits?: ChunkLimits): RecordingSink {
  const sink = new RecordingSink();
  const parser = limits ? new ChunkParser(sink, limits) : new ChunkParser(sink);
  for (const piece of pieces) parser.push(piece);
  return sink;
}

/** A request as it was read. */
export function requestIn(...lines: readonly string[]) {
  const [chunk] = readAll([wire(...lines)]).chunks;
  if (chunk?.head.kind !== "request") throw new Error("no request");
  return chunk.head;
}
