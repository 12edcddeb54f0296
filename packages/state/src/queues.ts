/** Who has deferred messages waiting. Everything in it can be told again by the deferred store. @spec DF-40 */
export interface Queues {
  /** Messages wait for `owner`. */
  mark(owner: string): Promise<void>;
  /**
   * No message waits for `owner` any more. A message may be stored between the look that found none and this:
   * look again afterwards, and mark again.
   */
  clear(owner: string): Promise<void>;
  /** Whether messages wait for `owner`. */
  marked(owner: string): Promise<boolean>;
}
