/**
 * Whose trouble it is, so that a caller can choose between trying again and giving up.
 * `unavailable`: no connection, or it went away. `timeout`: no answer in time. For both the outcome of a write is unknown.
 * `overloaded`: refused here, nothing was sent. `conflict`: a constraint, a deadlock or a serialisation failure.
 * `rejected`: the server understood and said no (bad data, bad SQL).
 */
export type DatabaseFailure = "unavailable" | "timeout" | "overloaded" | "conflict" | "rejected";

/** Thrown by everything in this package that speaks to Postgres. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  constructor(
    readonly failure: DatabaseFailure,
    message: string,
    /** SQLSTATE, where the server gave one. */
    readonly sqlState?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether the trouble is with the server or the way to it, and not with the statement. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.failure === "unavailable" || error.failure === "timeout");

/** Translates what the driver threw, once. */
export function toDatabaseError(cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const sqlState = sqlStateOf(error);
  return new DatabaseError(failureOf(error, sqlState), error.message || "connection failed", sqlState, {
    cause,
  });
}

const failureByClass: Readonly<Record<string, DatabaseFailure>> = {
  "08": "unavailable",
  "23": "conflict",
  "40": "conflict",
  "53": "unavailable",
  "58": "unavailable",
  XX: "unavailable",
};

/** Operator intervention and its neighbours: a statement that ran too long is a timeout, a shutdown is an outage. */
const failureByState: Readonly<Record<string, DatabaseFailure>> = {
  "57014": "timeout",
  "55P03": "timeout",
  "57P01": "unavailable",
  "57P02": "unavailable",
  "57P03": "unavailable",
  "57P05": "unavailable",
  "25P03": "unavailable",
  "25006": "unavailable",
};

function failureOf(error: Error, sqlState: string | undefined): DatabaseFailure {
  if (sqlState !== undefined)
    return failureByState[sqlState] ?? failureByClass[sqlState.slice(0, 2)] ?? "rejected";
  return /time(d )?out/i.test(error.message) ? "timeout" : "unavailable";
}

function sqlStateOf(error: Error): string | undefined {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in error ? code : undefined;
}
