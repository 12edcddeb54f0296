/** Which nonce counts were used: a digest that arrives twice is a replay. @spec GEN-31 @spec rfc7616#5.4 */
export interface NonceCounts {
  /**
   * Whether `nc` is new for `nonce`; from then on it is not. Counts may arrive out of order within a window of 64;
   * older ones count as used. A nonce is forgotten `ttlMs` after its last accepted count.
   */
  accept(nonce: string, nc: number, ttlMs: number): Promise<boolean>;
}
