/** Why nothing of a message was sent, as the peer would have said it. @spec MS-10 @spec MS-51 @spec MS-52 */
export const notAllowed = {
  direction: { status: 403, reason: "the session is on hold" },
  type: { status: 415, reason: "the peer does not take this type" },
  size: { status: 413, reason: "larger than the peer takes" },
} as const;
