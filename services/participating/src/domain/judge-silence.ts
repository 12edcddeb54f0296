import type { BusFailure } from "@heliograph/contracts";

/** What questions to a node have come to that it did not answer. */
export type Silence =
  /** It may be slow, or the bus may be connecting anew: it is asked again. */
  | "perhaps"
  /** Nobody is there, or what is there hangs. */
  | "gone"
  /** The failure says nothing about the node. */
  | "unknown";

/** Nobody is there: twice in a row. */
const mostAbsent = 2;
/** No answer in its time: three in a row, for a node may be slow once. */
const mostSilent = 3;

/**
 * Whether a node is gone, by how the last questions to it failed, the newest last. A process that hangs and stays connected
 * is as good as gone, but not after one hiccup.
 *
 * @spec PF-11 @spec GEN-14
 */
export function judgeSilence(failures: readonly BusFailure[]): Silence {
  const last = failures.at(-1);
  if (last !== "no-responder" && last !== "timeout") return "unknown";
  const absent = failures.slice(-mostAbsent);
  if (absent.length === mostAbsent && absent.every((failure) => failure === "no-responder")) return "gone";
  return failures.length >= mostSilent ? "gone" : "perhaps";
}
