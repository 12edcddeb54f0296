import { createHash } from "node:crypto";
import type { Chance, Clock } from "@heliograph/kernel";
import {
  answerAuth,
  type ConnectionDriver,
  createAuthenticationInfo,
  createTid,
  type Field,
  parseMsrpUri,
  type ResponseHead,
} from "@heliograph/msrp";
import { type Digester, ha1Of, parseAlgorithm, parseCredentials } from "@heliograph/sip";
import { ConnectError } from "./connection.js";
import { relayTargetOf } from "./dial-target.js";
import { type RelayAccess, type RelayParts, RelayRefused } from "./session.js";
import type { SessionConnections } from "./session-connections.js";

/** What it takes to become known to a relay. */
export interface RelayDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly connections: SessionConnections;
}

/** A challenge that is stale, or answered with a nonce of the relay's own, is answered once more. */
const maxAttempts = 3;
const hashNames = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;
const digester: Digester = {
  hash: (algorithm, text) => createHash(hashNames[algorithm]).update(text).digest("hex"),
};

const drivers = new WeakMap<RelayAccess, ConnectionDriver>();

/** The connection that a relay's URIs are good for. @spec MS-24 */
export function connectionBehind(relay: RelayAccess): ConnectionDriver | undefined {
  return drivers.get(relay);
}

/**
 * Becomes known to a relay. The connection is kept until the access is closed.
 *
 * @spec rfc4976#5.1
 * @spec MS-20
 */
export async function authenticateAt(parts: RelayParts, deps: RelayDeps): Promise<RelayAccess> {
  const { connections } = deps;
  const driver = await driverTo(parts, connections);
  try {
    return await accessOver(driver, parts, deps);
  } catch (cause) {
    connections.release(driver);
    throw cause;
  }
}

async function driverTo(
  { behind, ...parts }: RelayParts,
  connections: SessionConnections,
): Promise<ConnectionDriver> {
  if (!behind) return connections.reach(await relayTargetOf(parts));
  const driver = connectionBehind(behind);
  if (!driver) throw new ConnectError("the relay in front is none that these end points know");
  connections.retain(driver);
  return driver;
}

async function accessOver(
  driver: ConnectionDriver,
  parts: RelayParts,
  deps: RelayDeps,
): Promise<RelayAccess> {
  const { usePath, expiresS } = await authenticate(driver, parts, deps.chance);
  let isClosed = false;
  const access: RelayAccess = {
    usePath,
    expiresAtMs: deps.clock.nowMs() + expiresS * 1_000,
    renew: () => {
      deps.connections.retain(driver);
      return accessOver(driver, parts, deps).catch((cause: unknown) => {
        deps.connections.release(driver);
        throw cause;
      });
    },
    onLost: (hear) => driver.channel.onClosed(hear),
    close: () => {
      if (!isClosed) deps.connections.release(driver);
      isClosed = true;
    },
  };
  drivers.set(access, driver);
  return access;
}

interface Granted {
  readonly usePath: readonly string[];
  readonly expiresS: number;
}

async function authenticate(driver: ConnectionDriver, parts: RelayParts, chance: Chance): Promise<Granted> {
  const toPath = [...(parts.behind?.usePath ?? []), parts.uri];
  let authorization: string | undefined;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const answer = await driver.transact({
      tid: createTid(chance),
      method: "AUTH",
      toPath,
      fromPath: [parts.from],
      fields: fieldsOf(parts, authorization),
      content: undefined,
    });
    if (!answer) throw new ConnectError("the relay does not answer");
    if (answer.status === 200) return grantedBy(answer, { toPath, authorization, password: parts.password });
    if (answer.status !== 401 || (authorization !== undefined && !isStale(answer))) throw refusalOf(answer);
    authorization = authorizationFor(answer, { ...parts, toPath, cnonce: chance.token(12) });
  }
  throw new RelayRefused(401, "the relay takes no answer to its challenges");
}

function fieldsOf({ expiresS }: RelayParts, authorization: string | undefined): readonly Field[] {
  const fields: Field[] = [];
  if (expiresS !== undefined) fields.push(["Expires", String(expiresS)]);
  if (authorization !== undefined) fields.push(["Authorization", authorization]);
  return fields;
}

/** The first challenge that can be answered. @spec rfc4976#9.1 @spec MS-23 */
function authorizationFor(
  { fields }: ResponseHead,
  parts: Pick<RelayParts, "username" | "password"> & {
    readonly toPath: readonly string[];
    readonly cnonce: string;
  },
): string {
  for (const challenge of valuesOf(fields, "www-authenticate")) {
    const answer = answerAuth({ ...parts, challenge, nc: 1, digester });
    if (answer !== undefined) return answer;
  }
  throw new RelayRefused(401, "the relay challenges in a way that cannot be answered");
}

function isStale({ fields }: ResponseHead): boolean {
  return valuesOf(fields, "www-authenticate").some((value) => /\bstale="?true"?/i.test(value));
}

function valuesOf(fields: Iterable<Field>, name: string): readonly string[] {
  return [...fields].filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
}

/** @spec rfc4976#5.1 @spec MS-20 @spec MS-24 */
function grantedBy(
  { fields }: ResponseHead,
  proof: {
    readonly toPath: readonly string[];
    readonly authorization: string | undefined;
    readonly password: string;
  },
): Granted {
  const usePath = (fields.get("Use-Path") ?? "").split(" ").filter((uri) => parseMsrpUri(uri).ok);
  const expiresS = Number(fields.get("Expires") ?? Number.NaN);
  if (usePath.length === 0 || !Number.isSafeInteger(expiresS))
    throw new RelayRefused(200, "the relay granted no path");
  const info = fields.get("Authentication-Info");
  if (
    info !== undefined &&
    proof.authorization !== undefined &&
    !provesPassword(info, proof.authorization, proof)
  )
    throw new RelayRefused(200, "the relay does not know the password");
  return { usePath, expiresS };
}

/** That the relay knows the password too. @spec rfc4976#9.1 @spec MS-23 */
function provesPassword(
  info: string,
  authorization: string,
  { toPath, password }: { readonly toPath: readonly string[]; readonly password: string },
): boolean {
  const credentials = parseCredentials(authorization);
  if (!credentials.ok) return false;
  const { params } = credentials.value;
  const algorithm = parseAlgorithm(params.get("algorithm"))?.algorithm;
  const [username = "", realm = ""] = [params.get("username"), params.get("realm")];
  if (!algorithm) return false;
  const ha1 = ha1Of({ username, realm, password, algorithm, digester });
  const expected = createAuthenticationInfo({
    head: { toPath },
    credentials: credentials.value,
    ha1,
    digester,
  });
  const digestIn = (text: string | undefined) => /rspauth="([^"]*)"/i.exec(text ?? "")?.[1];
  return digestIn(expected) !== undefined && digestIn(info) === digestIn(expected);
}

/** @spec MS-20 */
function refusalOf({ status, comment, fields }: ResponseHead): RelayRefused {
  const [min, max] = [secondsIn(fields.get("Min-Expires")), secondsIn(fields.get("Max-Expires"))];
  return new RelayRefused(status, comment ?? `the relay answered ${status}`, {
    ...(min === undefined ? {} : { minExpiresS: min }),
    ...(max === undefined ? {} : { maxExpiresS: max }),
  });
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
