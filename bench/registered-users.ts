import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "@heliograph/testkit";
import { Client } from "pg";
import { type Figure, toFigure } from "./figure.js";
import { runLoad } from "./load.js";
import { residentBytes } from "./process-usage.js";
import { startServer } from "./server-at-work.js";

const users = 100_000;
const perSecond = 2_000;
/** Timer J: until then the transactions of the registrations stand in memory, too. */
const transactionsEndMs = 34_000;

/** What a registered user weighs, and how many register in a second, with digest. */
export async function benchRegisteredUsers(): Promise<Figure[]> {
  const atWork = await startServer("embedded");
  const { server, port, databaseUrl } = atWork;
  try {
    await provision(databaseUrl);
    const register = async (count: number) =>
      runLoad({
        scenario: "register",
        port,
        localAddress: "127.0.0.1",
        localPort: await freePort(),
        calls: count,
        perSecond,
        users: count,
        recipients: "m",
      });
    // What registering costs whatever the number of users (code, room for the young generation) is there before.
    for (let round = 0; round < 4; round += 1) await register(perSecond);
    await wait(2_000);
    const before = residentBytes(server.pid);
    const { failed, seconds } = await register(users);
    await wait(transactionsEndMs);
    const bytes = (residentBytes(server.pid) - before) / users;
    return [
      toFigure({
        id: "registered-user-memory",
        value: bytes,
        unit: "bytes a user, resident",
        target: { of: "value", is: "<=", bound: 4_000 },
      }),
      toFigure({
        id: "registration-storm",
        value: (users - failed) / seconds,
        unit: "registrations/s, digest",
        target: { of: "value", is: ">=", bound: perSecond * 0.97 },
      }),
    ];
  } finally {
    await atWork.stop();
  }
}

/** Writes the subscribers `m0…` into the table, with the digest of the password that the generator knows. */
async function provision(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  // The same line that sip-core writes: algorithm, form of the username, H(username:realm:password).
  await client.query(
    `INSERT INTO sip_core.subscribers (aor, domain, credentials)
     SELECT 'sip:m' || n || '@127.0.0.1', '127.0.0.1',
            'SHA-256 user ' || encode(sha256(convert_to('m' || n || ':127.0.0.1:secret', 'UTF8')), 'hex') || E'\\n' ||
            'MD5 user ' || md5('m' || n || ':127.0.0.1:secret') || E'\\n'
     FROM generate_series(0, $1::int - 1) n`,
    [users],
  );
  await client.end();
}
