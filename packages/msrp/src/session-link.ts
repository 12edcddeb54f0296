import type { AnswerParts } from "./answer.js";
import type { OutgoingMessage, WrittenChunk } from "./chunk-writer.js";
import type { OutgoingRequest } from "./format-chunk.js";
import type { Answerable, ContinuationFlag, RequestHead, ResponseHead } from "./head.js";
import type { Ident } from "./ident.js";

/** What a session sees of the connection that it is bound to. */
export interface SessionConnection {
  /** Requests for the session come here from now on. */
  bind(session: BoundSession): void;
  /** Nothing of the session goes out any more, but the end of its chunk. */
  unbind(session: BoundSession): void;
  send(message: OutgoingMessage): void;
  /** A source has octets again. */
  wake(): void;
  giveUp(session: string, messageId: Ident): void;
  answer(request: Answerable, parts: AnswerParts): void;
  /** A request that nothing answers. */
  notify(request: OutgoingRequest): void;
  /** A request and its response; undefined is none in time. @spec MS-09 */
  transact(request: OutgoingRequest): Promise<ResponseHead | undefined>;
  /** Reads nothing more until it is released as often. */
  hold(): void;
  release(): void;
  destroy(reason: string): void;
}

/** What a connection sees of a session. */
export interface BoundSession {
  readonly uri: string;
  readonly connection: SessionConnection | undefined;
  /** A request for it came on a connection: whether it is taken there. @spec rfc4975#5.4 @spec MS-06 */
  admit(connection: SessionConnection): "admitted" | 481 | 506;
  /** What asks the far end whether it is there. @spec MS-16 */
  bodilessSend(): OutgoingRequest;
  /** A SEND, from its head to its end-line. */
  begin(head: RequestHead): void;
  write(octets: Uint8Array): void;
  end(flag: ContinuationFlag): void;
  reported(head: RequestHead): void;
  written(chunk: WrittenChunk): void;
  answered(chunk: WrittenChunk, response: ResponseHead): void;
  /** No response to a chunk in time. @spec MS-09 */
  timedOut(chunk: WrittenChunk): void;
  connectionLost(reason: string): void;
}
