/** Who has deferred messages waiting. Everything in it can be told again by the deferred store. @spec DF-40 */
export interface Queues {
  /** Messages wait for `owner`. */
  mark(owner: string): Promise<void>;
  /** No message waits for `owner` any more. */
  clear(owner: string): Promise<void>;
  /** Everybody for whom messages wait. */
  marked(): Promise<readonly string[]>;
  /** Whether messages wait for `owner`. */
  isMarked(owner: string): Promise<boolean>;
}
