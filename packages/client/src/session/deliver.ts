import type { Arrival, ReceivedMessage } from "../received-message.js";
import { type SeenCopies, sessionKeyOf } from "../seen-copies.js";

interface Deps {
  readonly seen: SeenCopies;
  readonly take: (arrival: Arrival) => Promise<void> | void;
  /** The sender wants to know that it was delivered. */
  readonly delivered: (message: ReceivedMessage) => void;
}

/**
 * Gives a message that came by MSRP, once: a copy is acknowledged as if it were the first, and not shown again.
 * Whether it was taken, now or before.
 *
 * @spec MS-47
 * @spec CL-32
 */
export async function deliver(
  { seen, take, delivered }: Deps,
  message: ReceivedMessage,
  msrpId: string,
): Promise<boolean> {
  const key = sessionKeyOf(message, msrpId);
  if (seen.isRepeat(key)) return true;
  try {
    await take({ message, isRepeat: false });
  } catch {
    seen.forget(key);
    return false;
  }
  if (message.wants.includes("positive-delivery")) delivered(message);
  return true;
}
