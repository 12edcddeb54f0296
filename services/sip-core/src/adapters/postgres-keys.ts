import { randomBytes } from "node:crypto";
import type { Database } from "@heliograph/database";

const keyBytes = 32;

/** A key that every process of the deployment shares; whoever starts first makes it. */
export async function sharedKey(database: Database, name: string): Promise<Uint8Array> {
  await database.query("INSERT INTO sip_core.keys (name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    name,
    randomBytes(keyBytes),
  ]);
  const [row] = await database.query<{ readonly key: Buffer }>(
    "SELECT key FROM sip_core.keys WHERE name = $1",
    [name],
  );
  if (!row) throw new Error(`the key ${name} is gone`);
  return row.key;
}
