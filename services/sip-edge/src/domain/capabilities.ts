import type { HeaderField } from "@heliograph/contracts";

const methods = [
  "REGISTER",
  "OPTIONS",
  "MESSAGE",
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "PRACK",
  "UPDATE",
  "INFO",
];

/** Methods that are served, as Allow lists them. @spec GEN-04 @spec GEN-20 */
export const allow: HeaderField = ["Allow", methods.join(", ")];

/** Methods that a session takes; what they mean is for its other side. @spec rfc3261#8.2.1 */
export const allowedInSession = "INVITE ACK CANCEL BYE PRACK UPDATE INFO MESSAGE OPTIONS REFER NOTIFY".split(
  " ",
);

/** Extensions of a request that we understand as its end point. @spec GEN-04 */
export const understood: ReadonlySet<string> = new Set(["resource-priority", "privacy"]);

/** Extensions that an INVITE, and what follows in its dialog, may require. @spec GEN-04 @spec GEN-12 */
export const understoodInSession: ReadonlySet<string> = new Set([...understood, "timer", "100rel"]);

/** Bodies that an INVITE may carry: an offer, alone or with a first message. @spec GEN-04 @spec CL-21 */
export const acceptsInInvite: HeaderField = ["Accept", "application/sdp, multipart/mixed"];

/** Extensions that Proxy-Require may name. @spec GEN-04 @spec rfc3323#4.3 */
export const understoodByProxy: ReadonlySet<string> = new Set(["privacy"]);

/** The capabilities of the service: no notifier is here yet, so there is nothing for Allow-Events. @spec GEN-20 @spec SC-07 @spec R-sip-edge-7 */
export function capabilitiesAt(uri: string): readonly HeaderField[] {
  return [
    allow,
    [
      "Accept",
      "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml, application/sdp, multipart/mixed, */*;q=0.1",
    ],
    ["Accept-Encoding", "identity, gzip, deflate"],
    ["Accept-Language", "en"],
    ["Supported", "path, outbound, privacy, resource-priority, timer, 100rel"],
    ["Contact", `<${uri}>;+g.oma.sip-im;methods="${methods.join(",")}"`],
  ];
}
