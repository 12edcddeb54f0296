export { BatchingWriter, type BatchingWriterOptions } from "./batching-writer.js";
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queryable,
} from "./database.js";
export { DatabaseError, type DatabaseFailure, isUnavailable } from "./database-error.js";
export { EmbeddedPostgresError, type EmbeddedPostgresFailure } from "./embedded/embedded-postgres-error.js";
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "./embedded/embedded-postgres.js";
export { type Migrations, migrate } from "./migrate.js";
export { type Statement, statement } from "./statement.js";
