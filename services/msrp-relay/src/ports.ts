import type { Resolved } from "@heliograph/sdp";

/** Looks names up. */
export interface Names {
  /** The addresses of each name; none of one that is unknown, or takes too long. */
  addressesOf(names: readonly string[]): Promise<Resolved>;
}
