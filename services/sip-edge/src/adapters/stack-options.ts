import { keptCertificate } from "@heliograph/runtime";
import type { SipStackOptions } from "@heliograph/sip-stack";
import { type Config, needsCertificate } from "../config.js";

/** The largest request that the door takes; what the service takes is for the participating function. @spec PF-23 */
const maxMessageBytes = 65_536;

/** What the native stack is told, certificate included. @spec GEN-01 */
export async function stackOptions({
  listen,
  names,
  tls,
  sourcePerSecond,
  connections,
  trustedCores,
}: Config): Promise<SipStackOptions> {
  const [name] = names;
  const advertise = name === undefined ? {} : { advertise: { host: name } };
  const hosts = [...names, ...listen.map(({ address }) => address)];
  const certificate = listen.some(({ transport }) => needsCertificate(transport))
    ? await keptCertificate(tls, hosts)
    : undefined;
  return {
    listen: listen.map((point) => ({ ...point, ...advertise })),
    limits: { maxMessageBytes, ...connections },
    sourceRate: {
      perSecond: sourcePerSecond,
      burst: 2 * sourcePerSecond,
      isExempt: (address) => trustedCores.hasWhole(address),
    },
    ...(certificate ? { tls: certificate } : {}),
  };
}
