import type { PagerMessage } from "@heliograph/contracts";
import type { Cause, DeferredMessage, Ending, Place } from "./domain/deferred-message.js";
import type { LargeContent } from "./domain/large-content.js";
import type { RepeatKeys } from "./domain/repeat-keys.js";

/** A message on its way into the queue. */
export interface Storing {
  readonly message: PagerMessage;
  readonly owner: string;
  readonly cause: Cause;
  readonly keys: RepeatKeys;
  readonly expiresAtMs: number;
  /** The IMDN that is owed once it is stored. */
  readonly notice: PagerMessage | undefined;
}

/** What became of it, once it is committed. */
export type Stored = "stored" | "repeat" | "quota-messages" | "quota-bytes";

/** The end of a message, with the IMDN that is owed for it. */
export interface Finishing extends Place {
  readonly ending: Ending;
  readonly error: string | undefined;
  /** Names the notice's row. */
  readonly id: string;
  readonly notice: PagerMessage | undefined;
}

/** A message whose envelope stays shut. */
export interface Unreadable extends Place {
  readonly id: string;
  readonly why: "unknown-key" | "damaged";
}

/** What was found in the queue. */
export type Found = DeferredMessage | Unreadable;

/** How much waits. */
export interface Usage {
  readonly waiting: number;
  readonly bytes: number;
  readonly oldestAtMs: number | undefined;
}

/** The queues. Kept by `adapters/postgres-queues.ts`; every promise settles after the commit. */
export interface Queues {
  /** Adds the message unless it is a repeat or does not fit. @spec DF-04 @spec DF-09 */
  store(storing: Storing): Promise<Stored>;
  /** Ends the message: its content goes, a tombstone stays. @spec DF-42 */
  finish(finishing: Finishing): Promise<void>;
  /** The next messages of the owner in that state, oldest first. */
  nextOf(owner: string, scope: Scope, after: number, limit: number): Promise<readonly Found[]>;
  /** The next messages that the owner may have, of all that wait or of those that are named, oldest first. @spec DF-30 @spec DF-32 */
  retrievableOf(
    owner: string,
    ids: readonly string[],
    after: number,
    limit: number,
  ): Promise<readonly Found[]>;
  /** Those that name nothing which the owner may have. @spec DF-31 */
  unknownAmong(owner: string, ids: readonly string[]): Promise<readonly string[]>;
  /** Notes that a push found no device; after `maxAttempts` the message is for notification only. @spec DF-36 */
  noteFailure(place: Place, error: string, maxAttempts: number): Promise<void>;
  /** Takes messages whose time is over, or that were dropped, so that their end can be told. */
  over(limit: number): Promise<readonly Found[]>;
  usageOf(owner: string | undefined): Promise<Usage>;
  /** Forgets tombstones and charging facts that are old enough. */
  forget(tombstonesBeforeMs: number, chargingBeforeMs: number): Promise<void>;
  /** Settles when everything that was asked for is written. */
  drain(): Promise<void>;
}

/** A content that begins to arrive. */
export interface Arrival {
  readonly content: LargeContent;
  readonly owner: string;
  readonly keys: RepeatKeys;
  /** Octets to reserve: what was announced, or none. */
  readonly announcedBytes: number;
}

/** A piece of it that is all here. */
export interface Piece {
  readonly content: LargeContent;
  readonly owner: string;
  readonly number: number;
  readonly octets: Uint8Array;
}

/** The contents of large messages. Kept by `adapters/postgres-contents.ts`. */
export interface Contents {
  /** Reserves room, unless the message has been stored before or does not fit. @spec DF-09 */
  begin(arrival: Arrival): Promise<"receiving" | "repeat" | "quota-messages" | "quota-bytes">;
  /** Writes a piece; `gone`: the content was given up in the meantime. @spec DF-11 */
  keep(piece: Piece): Promise<"kept" | "quota-bytes" | "gone">;
  /** Makes a message of a content all of whose pieces are kept; settles after the commit. @spec DF-05 */
  commit(storing: Storing, content: LargeContent): Promise<"stored" | "repeat" | "gone">;
  /** Gives up what has arrived: nothing was stored. @spec DF-05 */
  abandon(content: LargeContent, owner: string): Promise<void>;
  /** Says that these are still arriving; answers which of them nobody has given up. */
  renew(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** A piece of a message's content; nothing where it is missing or was changed. @spec DF-11 */
  read(content: LargeContent, number: number): Promise<Uint8Array | undefined>;
  /** Gives up what workers that died were receiving, and deletes the pieces of what is over. */
  sweep(): Promise<void>;
}

/** `waiting`: tried by itself. `notify-only`: failed too often, and tried again only when the user registers. @spec DF-36 */
export type Scope = "waiting" | "notify-only";

/** Who pushes for whom: one worker an owner. Kept by `adapters/postgres-leases.ts`. */
export interface Leases {
  /**
   * Takes the owner, also from ourselves, unless another worker has it, nothing waits, or a back-off is not over; `isBackOffOver`: it is, for
   * the user has just registered. Messages are pushed only while the lease holds. @spec DF-36
   */
  take(owner: string, isBackOffOver: boolean): Promise<boolean>;
  /** Takes up to `limit` owners that are due: a back-off is over, or a lease ran out because its worker died. */
  takeDue(limit: number): Promise<readonly string[]>;
  /** Extends the leases of these owners; answers whose are still ours. What is not named runs out, whoever took it. */
  renew(owners: readonly string[]): Promise<ReadonlySet<string>>;
  /** Gives the owner back; `dueInMs`: look again then, otherwise when the user registers. @spec DF-36 */
  release(
    owner: string,
    outcome: { readonly dueInMs: number | undefined; readonly failures: number },
  ): Promise<void>;
  /** Has somebody look at the owner's queue, unless somebody is at it or due to be. */
  schedule(owner: string, dueInMs: number): Promise<void>;
  /** Pushes in a row that found no device. */
  failuresOf(owner: string): Promise<number>;
  /** Owners with waiting messages, by name, a page at a time. `isIdle`: nobody is at it, and nobody is due to be. */
  ownersAfter(
    owner: string,
    limit: number,
  ): Promise<readonly { readonly owner: string; readonly isIdle: boolean }[]>;
}

/** An IMDN that is owed. */
export interface Notice {
  readonly seq: number;
  readonly attempts: number;
  readonly createdAtMs: number;
  readonly message: PagerMessage;
}

/** IMDNs that are owed and not yet handed over. Kept by `adapters/postgres-notices.ts`. */
export interface Notices {
  /** Takes notices that are due; they are due again after `leaseMs` unless they are settled. */
  take(limit: number, leaseMs: number): Promise<readonly Notice[]>;
  settle(seq: number): Promise<void>;
  retry(seq: number, dueInMs: number): Promise<void>;
}

/** Whose messages an owner lets us keep. @spec DF-10 */
export interface StorageRules {
  allowsStorage(owner: string, sender: string): boolean | Promise<boolean>;
}
