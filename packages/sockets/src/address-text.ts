import { networkInterfaces } from "node:os";

/** A host as it stands in a URI or a Via: an IPv6 address in brackets and without its zone. @spec rfc5118#4.5 */
export function hostText(address: string): string {
  if (!address.includes(":")) return address;
  const zone = address.indexOf("%");
  return `[${zone < 0 ? address : address.slice(0, zone)}]`;
}

/** A socket's address the way the other family would not confuse it: an IPv4-mapped IPv6 address is IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** Whether an address is this machine's own. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || plain.startsWith("127.");
}

/** An address at which others reach a socket that listens at `address`, which may be all of them. */
export function reachableAddress(address: string): string {
  if (address !== "0.0.0.0" && address !== "::") return address;
  const family = address === "::" ? "IPv6" : "IPv4";
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find(
      (one) => one.family === family && !one.internal && one.scopeid === undefined,
    );
    if (found) return found.address;
  }
  return family === "IPv6" ? "::1" : "127.0.0.1";
}
