import { createHmac, randomBytes } from "node:crypto";
import type { Hmac } from "../domain/flow-token.js";

/** HMAC-SHA-256 under a key that only this process has, to 80 bits as RFC 5626 suggests. @spec rfc5626#5.2 */
export function hmacUnderFreshKey(): Hmac {
  const key = randomBytes(20);
  return (text) => createHmac("sha256", key).update(text).digest("hex").slice(0, 20);
}
