import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { EmbeddedPostgresError } from "./embedded-postgres-error.js";

/** The ordinary account that runs the server when we are root: Postgres refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const accountName = "postgres";

/** The account to run the server under, or undefined when it is our own. Made when there is none. */
export function accountForServer(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return idsOf(accountName) ?? create(accountName);
  } catch (cause) {
    throw new EmbeddedPostgresError("unsupported", `cannot make the account "${accountName}"`, { cause });
  }
}

/** Whether the account may pass through every folder above `path`. */
export function canReach(account: Account | undefined, path: string): boolean {
  if (!account) return true;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { uid, gid, mode } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function create(name: string): Account {
  const quietly = { stdio: "pipe" } as const;
  execFileSync(
    "useradd",
    ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
    quietly,
  );
  const account = idsOf(name);
  if (!account) throw new Error(`useradd made no account "${name}"`);
  return account;
}

function idsOf(name: string): Account | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}
