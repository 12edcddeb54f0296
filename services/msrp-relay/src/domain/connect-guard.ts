import { BlockList, isIP } from "node:net";

/** Ranges that are of no business of a peer: this machine, its neighbours, and what is not unicast. @spec MS-58 */
const internalRanges = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/127",
  "64:ff9b::/96",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
];

const loopback = ["127.0.0.0/8", "::1/128"];

/** Whether a text is a range of addresses: `192.0.2.0/24`, or one address. */
export function isRange(text: string): boolean {
  const [address = "", bits] = text.split("/");
  const version = isIP(address);
  if (version === 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/**
 * Where we may connect because an end asks for it: everywhere but to internal addresses, and to those of them that the
 * operator names. A relay that listens on loopback alone serves this machine, and may connect to it.
 *
 * @spec MS-58
 */
export function connectGuard(
  allowed: readonly string[],
  listening: readonly string[],
): (address: string) => boolean {
  const internal = listOf(internalRanges);
  const isLocal = listening.length > 0 && listening.every((address) => has(listOf(loopback), address));
  const open = listOf([...allowed, ...(isLocal ? loopback : [])]);
  return (address) => has(open, address) || !has(internal, address);
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const isIpv6 = address.includes(":");
    list.addSubnet(address, Number(bits ?? (isIpv6 ? 128 : 32)), isIpv6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** An IPv4 address in IPv6 clothes is itself. What is no address is in every list. */
function has(list: BlockList, address: string): boolean {
  const plain = /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address;
  const version = isIP(plain);
  return version === 0 || list.check(plain, version === 6 ? "ipv6" : "ipv4");
}
