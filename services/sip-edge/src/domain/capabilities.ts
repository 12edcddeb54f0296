import type { HeaderField } from "@heliograph/contracts";

/** Methods that are served, as Allow lists them. @spec GEN-04 @spec GEN-20 */
export const allow: HeaderField = ["Allow", "REGISTER, OPTIONS, MESSAGE"];

/** Extensions of a request that we understand as its end point. @spec GEN-04 */
export const understood: ReadonlySet<string> = new Set(["resource-priority", "privacy"]);

/** Extensions that Proxy-Require may name. @spec GEN-04 @spec rfc3323#4.3 */
export const understoodByProxy: ReadonlySet<string> = new Set(["privacy"]);

/** The capabilities of the service: no notifier is here yet, so there is nothing for Allow-Events. @spec GEN-20 @spec SC-07 @spec R-sip-edge-7 */
export function capabilitiesAt(uri: string): readonly HeaderField[] {
  return [
    allow,
    [
      "Accept",
      "text/plain, message/cpim, message/imdn+xml, application/im-iscomposing+xml, multipart/mixed, */*;q=0.1",
    ],
    ["Accept-Encoding", "identity, gzip, deflate"],
    ["Accept-Language", "en"],
    ["Supported", "path, outbound, privacy, resource-priority"],
    ["Contact", `<${uri}>;+g.oma.sip-im;methods="REGISTER,OPTIONS,MESSAGE"`],
  ];
}
