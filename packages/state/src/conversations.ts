import type { Conversation } from "@heliograph/contracts";

/** Sessions that are established. Each is forgotten when nobody has touched it for its time. @spec PF-03 @spec PF-12 */
export interface Conversations {
  /**
   * Remembers a conversation for `ttlMs`, unless one of its two users would then have more than `maxPerUser`: then
   * nothing is kept and that user's address of record is the result. @spec PF-12
   */
  open(conversation: Conversation, ttlMs: number, maxPerUser: number): Promise<string | undefined>;
  of(id: string): Promise<Conversation | undefined>;
  /** Which of these there are not (any more), in order. */
  missing(ids: readonly string[]): Promise<string[]>;
  /** Lets `change` make another one of it, atomically, for another `ttlMs`; undefined when it is not there (any more). */
  change(
    id: string,
    ttlMs: number,
    change: (current: Conversation) => Conversation,
  ): Promise<Conversation | undefined>;
  /** Forgets it; tells what it was to the one caller that did. Whoever gets it ends both legs. */
  close(id: string): Promise<Conversation | undefined>;
  /** The sessions of a user. */
  ofUser(aor: string): Promise<readonly Conversation[]>;
  /** How many sessions a user has. */
  countOf(aor: string): Promise<number>;
  /**
   * Up to `limit` of all conversations, in the order of their ids, for who looks whether their legs are still there;
   * `after` is the last id of the page before. An empty page is the end; a short one is not.
   */
  page(after: string | undefined, limit: number): Promise<readonly Conversation[]>;
}
