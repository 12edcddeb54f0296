export * from "./aor.js";
export type * from "./dialog/dialogs.js";
export * from "./create-request.js";
export * from "./create-response.js";
export { type CSeq, parseCSeq } from "./cseq.js";
export * from "./feature-tag.js";
export * from "./format-message.js";
export * from "./header-list.js";
export { headerKeyOf, longNameOf } from "./header-name.js";
export * from "./host-port.js";
export type { ImPresUri } from "./im-pres-uri.js";
export type { Malformed } from "./malformed.js";
export type { MalformedMessage } from "./malformed-message.js";
export * from "./message.js";
export { formatNameAddr, type NameAddr, parseContactList, parseNameAddr } from "./name-addr.js";
export { formatParams, Params, parseParams } from "./params.js";
export * from "./parse-limits.js";
export * from "./parse-message.js";
export * from "./port.js";
export { quoteString, unquote } from "./quoted-string.js";
export { reasonPhraseOf } from "./reason-phrase.js";
export type { SipUri } from "./sip-uri.js";
export { splitList } from "./split-list.js";
export type { TelUri } from "./tel-uri.js";
export * from "./uri.js";
export { uriEquals } from "./uri-equals.js";
export { createVia, parseVia, type Via, viaWithParams } from "./via.js";
export * from "./timers.js";
export type { Channel } from "./transaction/channel.js";
export type { ClientTransaction, ClientUser } from "./transaction/client-transaction.js";
export { createAck } from "./transaction/create-ack.js";
export { createCancel } from "./transaction/create-cancel.js";
export { inviteClient } from "./transaction/invite-client.machine.js";
export { inviteServer } from "./transaction/invite-server.machine.js";
export { nonInviteClient } from "./transaction/non-invite-client.machine.js";
export { nonInviteServer } from "./transaction/non-invite-server.machine.js";
export type { ServerTransaction } from "./transaction/server-transaction.js";
export * from "./transaction/transaction-layer.js";
export { type AuthParams, parseAuthChallenge, parseCredentials } from "./credentials.js";
export { formatDate, parseDate } from "./sip-date.js";
export { type Framed, StreamFramer } from "./stream-framer.js";
export { type MediaType, parseMediaType } from "./media-type.js";
export * from "./authentication-info.js";
export { formatMultipart, type Part, parseMultipart } from "./multipart.js";
export * from "./digest.js";
export * from "./digest-aka.js";
export * from "./digest-answer.js";
export * from "./digest-challenge.js";
export * from "./digest-verification.js";
export * from "./nonce.js";
export * from "./resolve.js";
export type { PickBelow, SrvRecord } from "./resolve-srv.js";
export { createDialogs, type DialogLayer } from "./dialog/dialog-layer.js";
export {
  defaultDialogLimits,
  type DialogLimits,
  type DialogOptions,
  type DialogWay,
  type SessionTimerSettings,
  usualTargetOf,
} from "./dialog/dialog-options.js";
export { dialogLife } from "./dialog/dialog.machine.js";
export { incomingInvite } from "./dialog/incoming-invite.machine.js";
export { modification } from "./dialog/modification.machine.js";
export { outgoingInvite } from "./dialog/outgoing-invite.machine.js";
export { sessionTimer } from "./dialog/session-timer.machine.js";
export type * from "./dialog/dialogs.js";
