import type { Invitation, PagerMessage } from "@heliograph/contracts";

/**
 * What an INVITE tells of the message that will come over MSRP, as the store keeps it: the body and its type, the IMDN
 * requests with them, come inside the session.
 *
 * @spec DF-05 @spec DF-06
 */
export function storedMetadata(invitation: Invitation, announcedBytes: number | undefined): PagerMessage {
  const {
    id,
    requestUri,
    recipient,
    sender,
    from,
    to,
    maxForwards,
    privacy,
    headers,
    receivedAtMs,
    transport,
  } = invitation;
  return {
    id,
    requestUri,
    recipient,
    sender,
    from,
    to,
    callId: id,
    cseq: 1,
    maxForwards,
    privacy,
    headers,
    body: new Uint8Array(0),
    receivedAtMs,
    ...(announcedBytes !== undefined && { sizeBytes: announcedBytes }),
    ...(transport !== undefined && { transport }),
    route: [],
  };
}
