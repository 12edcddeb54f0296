import { createHash } from "node:crypto";
import { type Bus, sipCore } from "@heliograph/contracts";
import { answerAuth } from "@heliograph/msrp";
import {
  authenticationInfoOf,
  createChallenge,
  type Digester,
  ha1Of,
  parseCredentials,
  verifyDigest,
} from "@heliograph/sip";
import type { z } from "zod";

const names = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

const digester: Digester = {
  hash: (algorithm, text) => createHash(names[algorithm]).update(text).digest("hex"),
};

/** What the core does in a test, which may change on the way. */
export interface CoreScript {
  nonce: string;
  /** A nonce that was good once. */
  staleNonce: string | undefined;
  isBarred: boolean;
  isGone: boolean;
  readonly asked: string[];
}

/** A core with the user alice, whose password is wonderland, and the rules of digest authentication. */
export async function givenCore(bus: Bus, domains = ["a.example"]): Promise<CoreScript> {
  const script: CoreScript = {
    nonce: "nonce1",
    staleNonce: undefined,
    isBarred: false,
    isGone: false,
    asked: [],
  };
  await bus.serve(sipCore.listDomains, {}, async () => ({
    domains: domains.map((name) => ({ name, aliases: [] })),
  }));
  await bus.serve(
    sipCore.authenticate,
    {},
    async ({ method, domain, credentials, digestUri = "" }): Promise<Reply> => {
      script.asked.push(`${method} ${domain} ${digestUri}`);
      if (script.isGone) throw new Error("the core is gone");
      const challenge = (stale: boolean) => ({
        kind: "challenge" as const,
        challenges: (["SHA-256", "MD5"] as const).map((algorithm) =>
          createChallenge({ realm: domain, nonce: script.nonce, algorithm, qop: "auth", stale }),
        ),
      });
      const parsed = parseCredentials(credentials[0] ?? "");
      if (!parsed.ok) return challenge(false);
      const params = new Map(parsed.value.params).set("uri", digestUri);
      const algorithm = params.get("algorithm") === "SHA-256" ? "SHA-256" : "MD5";
      const user = { username: "alice", realm: domain, password: "wonderland", algorithm, digester } as const;
      const ha1 = ha1Of(user);
      if (!verifyDigest({ credentials: params, method, ha1, digester })) return challenge(false);
      if (params.get("nonce") === script.staleNonce) return challenge(true);
      if (params.get("nonce") !== script.nonce) return challenge(false);
      if (script.isBarred)
        return { kind: "refused", status: 403, reason: "This user is barred", headers: [] };
      const authenticationInfo = authenticationInfoOf({ credentials: params, uri: digestUri, ha1, digester });
      const aor = `sip:alice@${domain}`;
      return {
        kind: "authenticated",
        identity: { aor, uris: [aor] },
        ...(authenticationInfo === undefined ? {} : { authenticationInfo }),
      };
    },
  );
  return script;
}

type Reply = z.output<(typeof sipCore.authenticate)["output"]>;

let serial = 0;

/** An AUTH as a client writes it. */
export function authOf(parts: {
  readonly to: string;
  readonly from: string;
  readonly challenge?: string;
  readonly password?: string;
  readonly expires?: string;
  readonly nc?: number;
}): string {
  const { to, from, challenge, password = "wonderland", expires, nc = 1 } = parts;
  serial += 1;
  const tid = `auth${serial}`;
  const answer =
    challenge &&
    answerAuth({ challenge, username: "alice", password, toPath: to.split(" "), cnonce: "c0", nc, digester });
  return [
    `MSRP ${tid} AUTH`,
    `To-Path: ${to}`,
    `From-Path: ${from}`,
    ...(expires === undefined ? [] : [`Expires: ${expires}`]),
    ...(answer ? [`Authorization: ${answer}`] : []),
    `-------${tid}$`,
    "",
  ].join("\r\n");
}

/** The values of one field in what was received. */
export function valuesIn(text: string, field: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^${field}: ([^\\r]*)\\r$`, "gim"))].map(([, value = ""]) => value);
}
