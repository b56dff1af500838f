/** What differs between the databases in the definition of a table; everything else is common SQL. */
export interface TableDialect {
  /** A 64-bit integer. */
  readonly bigint: string;
  /** What follows the closing parenthesis of a table. */
  readonly options: string;
}

/** SQLite's STRICT tables know INTEGER only, which is 64 bits wide. */
export const SQLITE_TABLES: TableDialect = { bigint: 'INTEGER', options: 'STRICT' };

export interface Migration {
  readonly name: string;
  readonly statements: (tables: TableDialect) => readonly string[];
}

/**
 * The one set of migrations, forward only: the version of a database is how many of them it has seen. A landed
 * migration is never edited; append a new one.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'users, devices, credentials, changes',
    statements: ({ bigint, options }) => [
      `CREATE TABLE users (
         id TEXT PRIMARY KEY,
         issuer TEXT NOT NULL,
         subject TEXT NOT NULL,
         created_at ${bigint} NOT NULL,
         UNIQUE (issuer, subject)
       ) ${options}`,
      // UNIQUE (user_id, id) is what a user's rows are listed by, and what ties a credential to its device's owner.
      `CREATE TABLE devices (
         id TEXT PRIMARY KEY,
         user_id TEXT NOT NULL REFERENCES users (id),
         name TEXT NOT NULL,
         epoch ${bigint} NOT NULL DEFAULT 0,
         created_at ${bigint} NOT NULL,
         last_connected_at ${bigint},
         revoked_at ${bigint},
         UNIQUE (user_id, id)
       ) ${options}`,
      `CREATE TABLE device_credentials (
         id TEXT PRIMARY KEY,
         user_id TEXT NOT NULL,
         device_id TEXT NOT NULL,
         token_hash TEXT NOT NULL UNIQUE,
         created_at ${bigint} NOT NULL,
         expires_at ${bigint},
         revoked_at ${bigint},
         FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id)
       ) ${options}`,
      'CREATE INDEX device_credentials_of_device ON device_credentials (user_id, device_id)',
      // No sequence: one may be handed out earlier and committed later, and a reader would step over it.
      `CREATE TABLE counters (
         name TEXT PRIMARY KEY,
         value ${bigint} NOT NULL
       ) ${options}`,
      "INSERT INTO counters (name, value) VALUES ('changes', 0)",
      `CREATE TABLE changes (
         seq ${bigint} PRIMARY KEY,
         kind TEXT NOT NULL,
         user_id TEXT NOT NULL,
         device_id TEXT NOT NULL,
         credential_id TEXT,
         at ${bigint} NOT NULL
       ) ${options}`,
    ],
  },
  {
    name: 'sign-ins',
    statements: ({ bigint, options }) => [
      `CREATE TABLE sign_ins (
         id TEXT PRIMARY KEY,
         user_id TEXT NOT NULL REFERENCES users (id),
         cookie_hash TEXT NOT NULL UNIQUE,
         sealed TEXT NOT NULL,
         created_at ${bigint} NOT NULL,
         last_used_at ${bigint} NOT NULL,
         expires_at ${bigint} NOT NULL,
         idle_ms ${bigint} NOT NULL,
         ends_at ${bigint} NOT NULL,
         claimed_until ${bigint} NOT NULL DEFAULT 0,
         user_agent TEXT,
         remote_addr TEXT,
         UNIQUE (user_id, id)
       ) ${options}`,
      'CREATE INDEX sign_ins_by_end ON sign_ins (ends_at)',
      `CREATE TABLE pending_sign_ins (
         id TEXT PRIMARY KEY,
         browser TEXT NOT NULL,
         state_hash TEXT NOT NULL,
         sealed TEXT NOT NULL,
         expires_at ${bigint} NOT NULL,
         UNIQUE (browser, state_hash)
       ) ${options}`,
      'CREATE INDEX pending_sign_ins_by_expiry ON pending_sign_ins (expires_at)',
      // A change is about a device or a sign-in, as its kind says.
      'ALTER TABLE changes RENAME COLUMN device_id TO subject_id',
    ],
  },
  {
    name: 'pairing',
    statements: ({ bigint, options }) => [
      // What the device said of itself when it was paired.
      'ALTER TABLE devices ADD COLUMN model TEXT',
      'ALTER TABLE devices ADD COLUMN serial TEXT',
      `CREATE TABLE pairing_tokens (
         id TEXT PRIMARY KEY,
         user_id TEXT NOT NULL REFERENCES users (id),
         token_hash TEXT NOT NULL UNIQUE,
         name TEXT,
         created_at ${bigint} NOT NULL,
         expires_at ${bigint} NOT NULL,
         used_at ${bigint},
         revoked_at ${bigint},
         device_id TEXT,
         UNIQUE (user_id, id)
       ) ${options}`,
      // Becomes a row of devices and one of device_credentials.
      `CREATE TABLE pending_devices (
         credential_id TEXT PRIMARY KEY,
         device_id TEXT NOT NULL,
         user_id TEXT NOT NULL REFERENCES users (id),
         pairing_token_id TEXT NOT NULL,
         token_hash TEXT NOT NULL,
         name TEXT NOT NULL,
         model TEXT,
         serial TEXT,
         created_at ${bigint} NOT NULL
       ) ${options}`,
      'CREATE INDEX pending_devices_of_token ON pending_devices (pairing_token_id)',
      'CREATE INDEX pending_devices_by_age ON pending_devices (created_at)',
    ],
  },
  {
    name: 'labels and history of devices',
    statements: ({ bigint, options }) => [
      // A JSON object of strings.
      "ALTER TABLE devices ADD COLUMN labels TEXT NOT NULL DEFAULT '{}'",
      `CREATE TABLE device_events (
         id TEXT PRIMARY KEY,
         user_id TEXT NOT NULL,
         device_id TEXT NOT NULL,
         kind TEXT NOT NULL,
         at ${bigint} NOT NULL,
         UNIQUE (user_id, device_id, id),
         FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id)
       ) ${options}`,
    ],
  },
];
