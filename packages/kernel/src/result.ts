/** The outcome of an operation that a correct caller must be ready to see fail. */
export type Result<T, E> = Ok<T> | Err<E>;

/** The operation gave a value. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

/** The operation failed in a way that its caller handles. */
export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

/** Wraps a value. */
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

/** Wraps an error. */
export const err = <E>(error: E): Err<E> => ({ ok: false, error });
