import type { ChunkSink } from "./chunk-parser.js";

/** What carries the octets of one MSRP connection, whatever it is made of. Nothing is read before `start`. */
export interface OctetChannel {
  /** Each `write` must be one whole chunk or response. @spec rfc7977#5.1 */
  readonly needsWholeChunks: boolean;
  start(sink: ChunkSink): void;
  /** Queues octets, which must not change afterwards. False: enough is waiting, go on when `onDrained` is called. */
  write(octets: Uint8Array): boolean;
  /** One hearer. */
  onDrained(hear: () => void): void;
  pause(): void;
  resume(): void;
  onClosed(hear: (reason: string) => void): void;
  /** Closes when what is queued has left. */
  close(): void;
  destroy(reason: string): void;
}
