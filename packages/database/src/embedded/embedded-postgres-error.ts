/**
 * Why there is no embedded server. `held`: another process of ours has the folder; the message says which.
 * `unsupported`: no binaries for this machine, or no account to run them. `failed`: it would not start; the message ends with its log.
 */
export type EmbeddedPostgresFailure = "held" | "unsupported" | "failed";

/** Thrown by `startEmbeddedPostgres`. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  constructor(
    readonly failure: EmbeddedPostgresFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
