import { err, ok, type Result } from "@heliograph/kernel";

/** Addresses from which nothing was asked for long make room beyond this many. */
const maxRemembered = 10_000;

/** What is wrong with an entry of an address list. */
export interface BadAddress {
  readonly rule: string;
  readonly offset: number;
}

interface Network {
  readonly base: bigint;
  readonly shift: bigint;
  readonly port: number | undefined;
}

/**
 * Source addresses that an operator has named: `192.0.2.1`, `192.0.2.1:5060`, `192.0.2.0/24`, `2001:db8::/32`,
 * `[2001:db8::1]:5060`. The answer for an address is remembered, so that a look-up on every message is one of a map.
 *
 * @spec GEN-06 @spec SC-08
 */
export class AddressSet {
  readonly #networks: readonly Network[];
  readonly #ports = new Map<string, readonly (number | undefined)[]>();

  private constructor(networks: readonly Network[]) {
    this.#networks = networks;
  }

  static readonly empty = new AddressSet([]);

  /** Reads the entries; the first that is not an address is the error. */
  static parse(entries: readonly string[]): Result<AddressSet, BadAddress> {
    const networks: Network[] = [];
    for (const entry of entries) {
      const network = parseNetwork(entry);
      if (!network.ok) return network;
      networks.push(network.value);
    }
    return ok(new AddressSet(networks));
  }

  get isEmpty(): boolean {
    return this.#networks.length === 0;
  }

  has(address: string, port: number): boolean {
    if (this.#networks.length === 0) return false;
    return this.#portsOf(address).some((allowed) => allowed === undefined || allowed === port);
  }

  /** Whether every port of an address is meant. */
  hasWhole(address: string): boolean {
    return this.#networks.length > 0 && this.#portsOf(address).includes(undefined);
  }

  #portsOf(address: string): readonly (number | undefined)[] {
    return this.#ports.get(address) ?? this.#remember(address);
  }

  #remember(address: string): readonly (number | undefined)[] {
    const number = parseAddress(address);
    const ports =
      number === undefined
        ? []
        : this.#networks
            .filter(({ base, shift }) => number >> shift === base >> shift)
            .map(({ port }) => port);
    if (this.#ports.size >= maxRemembered) this.#ports.clear();
    this.#ports.set(address, ports);
    return ports;
  }
}

function parseNetwork(entry: string): Result<Network, BadAddress> {
  const { address, port, prefix } = splitEntry(entry);
  const base = parseAddress(address);
  if (base === undefined) return err({ rule: "address", offset: 0 });
  const width = address.includes(":") ? 128 : 32;
  const bits = prefix === undefined ? width : wholeNumber(prefix, width);
  if (bits === undefined) return err({ rule: "prefix length", offset: entry.lastIndexOf("/") + 1 });
  const number = port === undefined ? undefined : wholeNumber(port, 65_535);
  if (port !== undefined && number === undefined)
    return err({ rule: "port", offset: entry.lastIndexOf(":") + 1 });
  return ok({ base, shift: BigInt(width - bits), port: number });
}

function splitEntry(entry: string): {
  address: string;
  port?: string | undefined;
  prefix?: string | undefined;
} {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(entry);
  if (bracketed) return { address: bracketed[1] ?? "", port: bracketed[2] };
  const [address = "", prefix] = entry.split("/", 2);
  const colon = address.indexOf(":");
  if (colon < 0 || colon !== address.lastIndexOf(":")) return { address, prefix };
  return { address: address.slice(0, colon), port: address.slice(colon + 1), prefix };
}

function wholeNumber(text: string, max: number): number | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return number <= max ? number : undefined;
}

/** An address as a number of 128 bits; IPv4 stands where IPv6 maps it, so that both spellings are one. */
function parseAddress(text: string): bigint | undefined {
  if (!text.includes(":")) {
    const bytes = parseIpv4(text);
    return bytes === undefined ? undefined : 0xffff_0000_0000n | bytes;
  }
  const [, head = "", tail = ""] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (head === "") return parseIpv6(text);
  const last = parseIpv4(tail);
  if (last === undefined) return undefined;
  return parseIpv6(`${head}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`);
}

function parseIpv4(text: string): bigint | undefined {
  const bytes = text.split(".");
  if (bytes.length !== 4 || !bytes.every((byte) => wholeNumber(byte, 255) !== undefined)) return undefined;
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
