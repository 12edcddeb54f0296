import { hash } from "node:crypto";
import {
  authenticationInfoOf,
  createChallenge,
  type DigestAlgorithm,
  type Digester,
  ha1Of,
  verifyDigest,
} from "@heliograph/sip";
import type { Digests } from "../ports.js";

const names = { "SHA-512-256": "sha512-256", "SHA-256": "sha256", MD5: "md5" } as const;

const digester: Digester = { hash: (algorithm, text) => hash(names[algorithm], text, "hex") };

/** Digest authentication with the hashes of the platform. @spec rfc7616#3.4 @spec rfc8760#2.4 */
export class NodeDigests implements Digests {
  ha1(username: string, realm: string, password: string, algorithm: DigestAlgorithm): string {
    return ha1Of({ username, realm, password, algorithm, digester });
  }

  proves(credentials: ReadonlyMap<string, string>, method: string, ha1: string): boolean {
    return verifyDigest({ credentials, method, ha1, digester });
  }

  info(credentials: ReadonlyMap<string, string>, ha1: string): string | undefined {
    return authenticationInfoOf({ credentials, uri: credentials.get("uri") ?? "", ha1, digester });
  }

  challenge(realm: string, nonce: string, algorithm: DigestAlgorithm, isStale: boolean): string {
    return createChallenge({ realm, nonce, algorithm, stale: isStale, qop: "auth" });
  }
}
