import type { MsrpEndpoints, RelayAccess, RelayParts } from "@heliograph/msrp-stack";
import {
  type ConnectAbility,
  type LocalSession,
  type MsrpTransport,
  parsePathUri,
  type PathUri,
} from "@heliograph/sdp";
import type { MediaTransport } from "./media-transport.js";

/** Our end of one section: a URI that no other has. */
export interface LocalEnd {
  readonly uri: PathUri;
  readonly reach: MediaTransport;
  /** Where we go through a relay of our own. */
  readonly relay?: RelayAccess;
}

/** What we take on a section. */
export interface Accepts {
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
  /** The largest whole message; the description says it. */
  readonly maxMessageBytes: number;
}

/** A relay of our own, and who we are there. @spec rfc4976#5.1 */
export type OwnRelay = Omit<RelayParts, "from">;

/** Makes our ends of sections, each a secret of its own, and says what each can do. @spec MS-05 @spec CL-20 @spec CL-23 */
export class LocalEnds {
  constructor(
    readonly endpoints: MsrpEndpoints,
    private readonly relay?: OwnRelay,
  ) {}

  get usesRelay(): boolean {
    return this.relay !== undefined;
  }

  /** Rejects where the relay of ours does not take us. */
  async create(reach: MediaTransport): Promise<LocalEnd> {
    const text = this.endpoints.createUri(reach);
    const uri = uriOf(text);
    if (!this.relay) return { uri, reach };
    return { uri, reach, relay: await this.endpoints.authenticate({ ...this.relay, from: text }) };
  }

  /** Whether we could be connected to: never behind a NAT or over WebSocket, always at our relay. @spec MS-14 */
  abilityOf({ reach, relay }: LocalEnd): ConnectAbility {
    const isListening = this.endpoints.listeningPoints.some(({ transport }) => transport === reach);
    return relay || isListening ? "either" : "connect";
  }

  /** What a description says about an end. @spec rfc4976#5.1 @spec MS-24 */
  describe({ uri, relay }: LocalEnd, accepts: Accepts): LocalSession {
    const { acceptTypes, acceptWrappedTypes, maxMessageBytes } = accepts;
    return {
      host: uri.host,
      port: uri.port,
      path: [...(relay?.usePath ?? []).map(uriOf).reverse(), uri],
      acceptTypes,
      acceptWrappedTypes,
      ...(Number.isSafeInteger(maxMessageBytes) && { maxSize: maxMessageBytes }),
      ...(uri.isSecure && !relay && { fingerprints: this.endpoints.fingerprints }),
    };
  }
}

function uriOf(text: string): PathUri {
  const uri = parsePathUri(text);
  if (!uri.ok) throw new Error(`not an MSRP URI: ${uri.error.rule}`);
  return uri.value;
}

/** WebSocket is TLS too. @spec rfc7977#5.2.2 */
export const protocolOf = ({ uri }: LocalEnd): MsrpTransport => (uri.isSecure ? "TCP/TLS/MSRP" : "TCP/MSRP");
