import type { Request } from "@heliograph/contracts";

/** What a request carries. */
export type InputOf<R> = R extends Request<string, infer I, unknown> ? I : never;

/** What answers it. */
export type OutputOf<R> = R extends Request<string, infer _, infer O> ? O : never;
