/** Time as a port, so that every timer in a specification can be tested in no time. */
export interface Clock {
  /** Milliseconds since 1970, for what is compared with the outside world. */
  nowMs(): number;
  /** Milliseconds that only ever go forward, from some start: for how long something took or has to wait. */
  monotonicMs(): number;
  /** Runs `run` once, `ms` milliseconds from now, unless it is cancelled. */
  after(ms: number, run: () => void): Timer;
}

/** A run that is due, and can be called off. Cancelling twice, or too late, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where unguessable names (branches, tags, nonces) come from; a test gives a predictable one. */
export interface Chance {
  /** A token of `bytes` random bytes, in characters that a SIP token may have. */
  token(bytes: number): string;
}
