import type { Resolved } from "@heliograph/sdp";

/** Looks names up. */
export interface Names {
  /** The addresses of each name; none of one that is unknown, or takes too long. */
  addressesOf(names: readonly string[]): Promise<Resolved>;
  /** Where the relay of a name listens, when its URI does not say. @spec rfc4976#8 @spec MS-28 */
  relayOf(name: string): Promise<{ readonly host: string; readonly port: number }>;
}
