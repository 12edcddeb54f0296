import type { Line, Tenant } from "../bridging/line.js";

/** Wrong passwords, after which a client has to connect again. @spec rfc4976#6.3 @spec MS-23 */
const mostFailures = 5;
/** AUTH requests of one connection that are looked at at the same time. */
const mostPending = 32;

/** Who is at the far end of a connection, as far as the relay has found out. */
export class Visitor implements Tenant {
  readonly line: Line;
  /** When something of it was last carried. */
  lastUsedMs: number;
  /** How many URIs it has. */
  grants = 0;
  #pending = 0;
  #failures = 0;
  #isKept = false;
  readonly #relays: ReadonlySet<string>;

  /** `relays`: names that the operator knows relays by. */
  constructor(line: Line, relays: ReadonlySet<string>, nowMs: number) {
    this.line = line;
    this.lastUsedMs = nowMs;
    this.#relays = relays;
  }

  /** Whether it has authenticated once. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /**
   * The relay at the far end: one that the operator knows, and whose trusted certificate is for the host of its URI.
   *
   * @spec rfc4976#6.3
   * @spec MS-28
   */
  relayNamed(host: string): string | undefined {
    return this.#relays.has(host) && provesHost(this.line, host) ? host : undefined;
  }

  /** Whether a connection leads to the relay of this name. @spec MS-24 */
  isSameRelay(line: Line, host: string): boolean {
    return provesHost(line, host);
  }

  /** Whether it is a relay at all. */
  get isRelay(): boolean {
    const names = this.line.connection.peerCertificate?.names ?? [];
    return names.some((name) => this.relayNamed(name.toLowerCase()) !== undefined);
  }

  /** From now on the connection stays while it is used. @spec MS-28 */
  keep(uri: string): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.line.bind(uri, this);
  }

  /** It has been idle for long. What has sessions of other kinds stays open nevertheless. @spec rfc4976#6.5 @spec MS-28 @spec D-msrp-relay-1 */
  letGo(): void {
    this.#isKept = false;
    this.line.dismiss(this);
  }

  /** An AUTH is to be looked at; false: there are too many. */
  begin(): boolean {
    if (this.#pending >= mostPending) return false;
    this.#pending += 1;
    return true;
  }

  /** It was. */
  done(): void {
    this.#pending -= 1;
  }

  /** A wrong password. Who has many of them, and is a client, is sent away. @spec rfc4976#6.3 @spec MS-23 */
  failed(): void {
    this.#failures += 1;
    if (this.#failures >= mostFailures && !this.isRelay) this.line.connection.close();
  }

  onLineClosed(): void {
    this.#isKept = false;
  }
}

function provesHost({ connection }: Line, host: string): boolean {
  const certificate = connection.peerCertificate;
  return certificate?.isTrusted === true && certificate.names.some((name) => name.toLowerCase() === host);
}
