import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Account, accountForServer, canReach } from "./account.js";
import { type Binaries, findBinaries } from "./binaries.js";
import { EmbeddedPostgresError } from "./embedded-postgres-error.js";

/** A database on disk with what is needed to run it. */
export interface Cluster {
  /** The folder that the caller named; holds the password (0600), the port and the log. */
  readonly dataDir: string;
  /** Postgres' own folder. */
  readonly dir: string;
  readonly password: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
}

/** The role that owns everything in the cluster. */
export const role = "heliograph";

/** Where folders go that the server's account must reach although it cannot reach ours (root's home, say). */
const sharedHome = "/var/lib/heliograph";

/** Makes the cluster, or finds it. A crash in the middle leaves nothing that counts as a cluster. */
export async function prepareCluster(folder: string): Promise<Cluster> {
  const dataDir = resolve(folder);
  mkdirSync(dirname(dataDir), { recursive: true, mode: 0o711 });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const account = accountForServer();
  const home = homeOf(dataDir, account);
  const cluster: Cluster = {
    dataDir,
    dir: join(home, "cluster"),
    password: secretIn(join(dataDir, "password")),
    account,
    binaries: reachable(await findBinaries(), account),
  };
  if (!existsSync(join(cluster.dir, "PG_VERSION"))) await initialise(cluster, home);
  return cluster;
}

/** Reads a small file, or undefined when it is not there. */
export function readIn(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

/** Replaces a small file whole, for us alone. */
export function writeIn(path: string, text: string): void {
  const next = `${path}.${randomBytes(4).toString("hex")}`;
  writeFileSync(next, `${text}\n`, { mode: 0o600, flush: true });
  renameSync(next, path);
}

function secretIn(path: string): string {
  if (!existsSync(path)) writeIn(path, randomBytes(24).toString("base64url"));
  return readFileSync(path, "utf8").trim();
}

/** The folder around the cluster that the server's account may enter. */
function homeOf(dataDir: string, account: Account | undefined): string {
  const elsewhere = readIn(join(dataDir, "location"));
  if (elsewhere) return elsewhere;
  openTemporary(dataDir, account);
  if (canReach(account, dataDir)) return open(dataDir, account);
  const home = join(sharedHome, "clusters", randomBytes(8).toString("hex"));
  mkdirSync(home, { recursive: true, mode: 0o755 });
  writeIn(join(dataDir, "location"), home);
  return open(home, account);
}

/** Lets the account's group pass through a folder of ours, and no more. */
function open(folder: string, account: Account | undefined): string {
  if (!account) return folder;
  chownSync(folder, statSync(folder).uid, account.gid);
  chmodSync(folder, 0o710);
  return folder;
}

/** Folders that `mkdtemp` made above ours let the account through as well: they are nobody else's home. */
function openTemporary(dataDir: string, account: Account | undefined): void {
  if (!account) return;
  const temporary = realpathSync(tmpdir());
  for (let folder = dirname(dataDir); folder.startsWith(`${temporary}/`); folder = dirname(folder)) {
    const { uid, mode } = statSync(folder);
    if (uid === 0 && (mode & 0o001) === 0) chmodSync(folder, (mode & 0o777) | 0o011);
  }
}

/** The programs where the account can run them: a copy, when npm put them out of its reach. */
function reachable(binaries: Binaries, account: Account | undefined): Binaries {
  if (canReach(account, binaries.postgres)) return binaries;
  const native = dirname(dirname(binaries.postgres));
  const made = String(statSync(binaries.postgres).mtimeMs);
  const copy = join(sharedHome, `postgres-${made}`);
  if (!existsSync(copy)) {
    const next = `${copy}.${randomBytes(4).toString("hex")}`;
    mkdirSync(sharedHome, { recursive: true, mode: 0o755 });
    cpSync(native, next, { recursive: true, verbatimSymlinks: true });
    renameSync(next, copy);
  }
  return { initdb: join(copy, "bin/initdb"), postgres: join(copy, "bin/postgres") };
}

async function initialise(
  { dataDir, dir, password, account, binaries }: Cluster,
  home: string,
): Promise<void> {
  discardUnfinished(home);
  const next = join(home, `unfinished-${process.pid}-${Date.now()}`);
  const passwordFile = `${next}.password`;
  mkdirSync(next, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [next, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const args = ["--pgdata", next, "--username", role, "--pwfile", passwordFile, "--auth=scram-sha-256"];
    await promisify(execFile)(
      binaries.initdb,
      [...args, "--encoding=UTF8", "--locale=C", "--no-instructions"],
      {
        ...account,
        cwd: "/",
        env: { ...process.env, LC_ALL: "C" },
      },
    );
    renameSync(next, dir);
  } catch (cause) {
    if (existsSync(join(dir, "PG_VERSION"))) return;
    throw new EmbeddedPostgresError("failed", `cannot make a database in ${dataDir}: ${String(cause)}`, {
      cause,
    });
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(next, { recursive: true, force: true });
  }
}

/** Removes what an initialisation that was killed has left; one that may still be at work is left alone. */
function discardUnfinished(home: string): void {
  for (const name of readdirSync(home)) {
    const startedAtMs = Number(/^unfinished-\d+-(\d+)/.exec(name)?.[1]);
    if (startedAtMs < Date.now() - 60_000) rmSync(join(home, name), { recursive: true, force: true });
  }
}
