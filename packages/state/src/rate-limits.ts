/** Whether one more is within the limit. */
export type Allowance =
  | { readonly kind: "allowed" }
  | { readonly kind: "limited"; readonly retryAfterMs: number };

/** How often somebody did something in the current window. @spec PF-33 */
export interface RateLimits {
  /** Counts one for `key`, unless `limitPerWindow` were counted within `windowMs`. */
  take(key: string, limitPerWindow: number, windowMs: number): Promise<Allowance>;
}
