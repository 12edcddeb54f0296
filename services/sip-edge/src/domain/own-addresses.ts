import type { ListeningPoint } from "@heliograph/sip";

/** Hosts and ports under which requests reach this node: what its Via names, and what Route may name. */
export class OwnAddresses {
  readonly #names = new Set<string>();
  readonly #ports = new Set<number>();

  constructor(points: readonly ListeningPoint[], names: readonly string[]) {
    for (const { address, port } of points) {
      this.#ports.add(port);
      for (const host of [address, ...names]) this.#names.add(`${host.toLowerCase()}:${port}`);
    }
    for (const name of names) this.#names.add(name.toLowerCase());
  }

  /** Whether a host (IPv6 without brackets) and a port lead here; no port means the default one. */
  has(host: string, port: number | undefined, defaultPort = 5060): boolean {
    const name = host.toLowerCase();
    if (port === undefined && this.#names.has(name)) return true;
    return this.#names.has(`${name}:${port ?? defaultPort}`);
  }

  hasPort(port: number): boolean {
    return this.#ports.has(port);
  }
}
