import { attributeOf } from "./attribute.js";
import type { SdpLine } from "./session-description.js";

/** Which way messages go, from the side of who says it. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** Each of them, as its attribute is named. @spec rfc8866#6.7 */
export const directions: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

/** The direction of a media section: its own, else the session's, else both ways. @spec rfc3264#5.1 */
export function directionOf(media: readonly SdpLine[], session: readonly SdpLine[]): Direction {
  const said = (lines: readonly SdpLine[]) =>
    directions.find((name) => attributeOf(lines, name)?.value === "");
  return said(media) ?? said(session) ?? "sendrecv";
}

/** What to answer: row, what was offered; column, what we are willing to do. @spec rfc3264#6.1 @spec rfc4975#8.9 */
export const answerDirections = {
  sendrecv: { sendrecv: "sendrecv", sendonly: "sendonly", recvonly: "recvonly", inactive: "inactive" },
  sendonly: { sendrecv: "recvonly", sendonly: "inactive", recvonly: "recvonly", inactive: "inactive" },
  recvonly: { sendrecv: "sendonly", sendonly: "sendonly", recvonly: "inactive", inactive: "inactive" },
  inactive: { sendrecv: "inactive", sendonly: "inactive", recvonly: "inactive", inactive: "inactive" },
} as const satisfies Record<Direction, Record<Direction, Direction>>;

/** What to offer to hold a stream, from what it is now. @spec rfc3264#8.4 */
export const heldDirection = {
  sendrecv: "sendonly",
  sendonly: "sendonly",
  recvonly: "inactive",
  inactive: "inactive",
} as const satisfies Record<Direction, Direction>;

/** What to offer to resume a stream that we held. @spec rfc3264#8.4 */
export const resumedDirection = {
  sendrecv: "sendrecv",
  sendonly: "sendrecv",
  recvonly: "recvonly",
  inactive: "recvonly",
} as const satisfies Record<Direction, Direction>;
