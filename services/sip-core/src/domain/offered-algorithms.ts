import { type DigestAlgorithm, digestAlgorithms } from "@heliograph/sip";

/** Which digest algorithms are offered to whom. */
export interface DigestPolicy {
  /** Offered, and accepted; the strongest first. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Beginnings of User-Agent values of clients that know MD5 alone, and give up at anything else. */
  readonly md5OnlyClients: readonly string[];
}

/**
 * The algorithms to challenge a client with. RFC 8760 lets a client ignore challenges that it does not know; those that
 * give up instead are named by the operator.
 *
 * @spec GEN-32 @spec rfc8760#2.4 @spec R-sip-core-7
 */
export function offeredTo(
  userAgent: string | undefined,
  { algorithms, md5OnlyClients }: DigestPolicy,
): readonly DigestAlgorithm[] {
  if (userAgent === undefined || !algorithms.includes("MD5")) return algorithms;
  return md5OnlyClients.some((beginning) => userAgent.startsWith(beginning)) ? ["MD5"] : algorithms;
}

/** The known algorithms among `names`, the strongest first; undefined where a name is none, or there are none. */
export function readAlgorithms(names: readonly string[]): readonly DigestAlgorithm[] | undefined {
  const wanted = new Set(names.map((name) => name.toUpperCase()));
  const algorithms = digestAlgorithms.filter((algorithm) => wanted.has(algorithm));
  return algorithms.length > 0 && algorithms.length === wanted.size ? algorithms : undefined;
}
