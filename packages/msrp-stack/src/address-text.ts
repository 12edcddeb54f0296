/** A host as it stands in a URI: an IPv6 address in brackets and without its zone. */
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
