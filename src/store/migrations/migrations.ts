// Each migration makes the tables of one version from those of the version before.
/** How the definition of a table differs between the databases; everything else is common SQL. */
export interface TableDialect {
  /** The type of a 64-bit integer. */
  readonly bigint: string;
  /** The type of text that is compared byte for byte, so that a list by id has the same order everywhere. */
  readonly text: string;
  /** The text after the closing parenthesis of a table. */
  readonly options: string;
}

/** The step from one version of the tables to the next. */
export interface Migration {
  readonly name: string;
  readonly statements: (tables: TableDialect) => readonly string[];
}

/**
 * All migrations in order, forward only: the version of a database is how many of them it has seen. A landed migration is never
 * edited; append a new one.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: 'users, devices, credentials, changes',
    statements: ({ bigint, text, options }) => [
      `CREATE TABLE users (
         id ${text} PRIMARY KEY,
         issuer ${text} NOT NULL,
         subject ${text} NOT NULL,
         created_at ${bigint} NOT NULL,
         UNIQUE (issuer, subject)
       ) ${options}`,
      // UNIQUE (user_id, id) serves the list of a user's rows, and ties a credential to its device's owner.
      `CREATE TABLE devices (
         id ${text} PRIMARY KEY,
         user_id ${text} NOT NULL REFERENCES users (id),
         name ${text} NOT NULL,
         epoch ${bigint} NOT NULL DEFAULT 0,
         created_at ${bigint} NOT NULL,
         last_connected_at ${bigint},
         revoked_at ${bigint},
         UNIQUE (user_id, id)
       ) ${options}`,
      `CREATE TABLE device_credentials (
         id ${text} PRIMARY KEY,
         user_id ${text} NOT NULL,
         device_id ${text} NOT NULL,
         token_hash ${text} NOT NULL UNIQUE,
         created_at ${bigint} NOT NULL,
         expires_at ${bigint},
         revoked_at ${bigint},
         FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id)
       ) ${options}`,
      'CREATE INDEX device_credentials_of_device ON device_credentials (user_id, device_id)',
      // The counter is no sequence: a sequence may give out a lower number that is committed later, and a reader would step over
      // it.
      `CREATE TABLE counters (
         name ${text} PRIMARY KEY,
         value ${bigint} NOT NULL
       ) ${options}`,
      "INSERT INTO counters (name, value) VALUES ('changes', 0)",
      `CREATE TABLE changes (
         seq ${bigint} PRIMARY KEY,
         kind ${text} NOT NULL,
         user_id ${text} NOT NULL,
         device_id ${text} NOT NULL,
         credential_id ${text},
         at ${bigint} NOT NULL
       ) ${options}`,
    ],
  },
  {
    name: 'sign-ins',
    statements: ({ bigint, text, options }) => [
      `CREATE TABLE sign_ins (
         id ${text} PRIMARY KEY,
         user_id ${text} NOT NULL REFERENCES users (id),
         cookie_hash ${text} NOT NULL UNIQUE,
         sealed ${text} NOT NULL,
         created_at ${bigint} NOT NULL,
         last_used_at ${bigint} NOT NULL,
         expires_at ${bigint} NOT NULL,
         idle_ms ${bigint} NOT NULL,
         ends_at ${bigint} NOT NULL,
         claimed_until ${bigint} NOT NULL DEFAULT 0,
         user_agent ${text},
         remote_addr ${text},
         UNIQUE (user_id, id)
       ) ${options}`,
      'CREATE INDEX sign_ins_by_end ON sign_ins (ends_at)',
      `CREATE TABLE pending_sign_ins (
         id ${text} PRIMARY KEY,
         browser ${text} NOT NULL,
         state_hash ${text} NOT NULL,
         sealed ${text} NOT NULL,
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
    statements: ({ bigint, text, options }) => [
      // The device states its model and serial number when it is paired.
      `ALTER TABLE devices ADD COLUMN model ${text}`,
      `ALTER TABLE devices ADD COLUMN serial ${text}`,
      `CREATE TABLE pairing_tokens (
         id ${text} PRIMARY KEY,
         user_id ${text} NOT NULL REFERENCES users (id),
         token_hash ${text} NOT NULL UNIQUE,
         name ${text},
         created_at ${bigint} NOT NULL,
         expires_at ${bigint} NOT NULL,
         used_at ${bigint},
         revoked_at ${bigint},
         device_id ${text},
         UNIQUE (user_id, id)
       ) ${options}`,
      // A row becomes one of devices and one of device_credentials when its pairing is complete.
      `CREATE TABLE pending_devices (
         credential_id ${text} PRIMARY KEY,
         device_id ${text} NOT NULL,
         user_id ${text} NOT NULL REFERENCES users (id),
         pairing_token_id ${text} NOT NULL,
         token_hash ${text} NOT NULL,
         name ${text} NOT NULL,
         model ${text},
         serial ${text},
         created_at ${bigint} NOT NULL
       ) ${options}`,
      'CREATE INDEX pending_devices_of_token ON pending_devices (pairing_token_id)',
      'CREATE INDEX pending_devices_by_age ON pending_devices (created_at)',
    ],
  },
  {
    name: 'labels and history of devices',
    statements: ({ bigint, text, options }) => [
      // labels holds a JSON object of strings.
      `ALTER TABLE devices ADD COLUMN labels ${text} NOT NULL DEFAULT '{}'`,
      `CREATE TABLE device_events (
         id ${text} PRIMARY KEY,
         user_id ${text} NOT NULL,
         device_id ${text} NOT NULL,
         kind ${text} NOT NULL,
         at ${bigint} NOT NULL,
         UNIQUE (user_id, device_id, id),
         FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id)
       ) ${options}`,
    ],
  },
  {
    name: 'audit log',
    statements: ({ bigint, text, options }) => [
      // user_id is null if the entry concerns no account.
      `CREATE TABLE audit_log (
         id ${text} PRIMARY KEY,
         user_id ${text} REFERENCES users (id),
         actor ${text} NOT NULL,
         action ${text} NOT NULL,
         target ${text},
         remote_addr ${text},
         request_id ${text},
         result ${text} NOT NULL,
         at ${bigint} NOT NULL
       ) ${options}`,
      'CREATE INDEX audit_log_of_user ON audit_log (user_id, id)',
      'CREATE INDEX audit_log_by_age ON audit_log (at)',
    ],
  },
  {
    name: 'pairing tokens for several devices',
    statements: ({ bigint }) => [
      `ALTER TABLE pairing_tokens ADD COLUMN uses ${bigint} NOT NULL DEFAULT 1`,
      `ALTER TABLE pairing_tokens ADD COLUMN used ${bigint} NOT NULL DEFAULT 0`,
      'UPDATE pairing_tokens SET used = 1 WHERE used_at IS NOT NULL',
    ],
  },
  {
    name: 'rotations that can be lost, lists without deleted devices',
    statements: ({ bigint }) => [
      // A rotation sets superseded_at on the credential that lives on until the new one is used.
      `ALTER TABLE device_credentials ADD COLUMN superseded_at ${bigint}`,
      'CREATE INDEX device_credentials_alive ON device_credentials (user_id, device_id) WHERE revoked_at IS NULL',
      'CREATE INDEX device_credentials_by_revocation ON device_credentials (revoked_at) WHERE revoked_at IS NOT NULL',
      'CREATE INDEX devices_alive ON devices (user_id, id) WHERE revoked_at IS NULL',
      'CREATE INDEX devices_by_revocation ON devices (revoked_at) WHERE revoked_at IS NOT NULL',
    ],
  },
  {
    name: 'nodes',
    statements: ({ bigint, text, options }) => [
      `CREATE TABLE nodes (
         id ${text} PRIMARY KEY,
         name ${text} NOT NULL,
         process ${text},
         started_at ${bigint} NOT NULL,
         expires_at ${bigint} NOT NULL
       ) ${options}`,
      // Processes that want to own the tunnels take turns at locking this row.
      "INSERT INTO counters (name, value) VALUES ('nodes', 0)",
    ],
  },
  {
    name: 'audit rows for several refusals',
    statements: ({ bigint }) => [`ALTER TABLE audit_log ADD COLUMN times ${bigint} NOT NULL DEFAULT 1`],
  },
  {
    name: 'session keys',
    statements: ({ text, options }) => [
      `CREATE TABLE session_keys (
         id ${text} PRIMARY KEY,
         kids ${text} NOT NULL
       ) ${options}`,
    ],
  },
  {
    name: 'attempts',
    statements: ({ bigint, text, options }) => [
      `CREATE TABLE attempts (
         id ${text} PRIMARY KEY,
         count ${bigint} NOT NULL,
         ends_at ${bigint} NOT NULL
       ) ${options}`,
      'CREATE INDEX attempts_by_end ON attempts (ends_at)',
    ],
  },
  {
    name: 'sign-ins under way are with their browsers',
    statements: ({ bigint, text, options }) => [
      'DROP TABLE pending_sign_ins',
      `CREATE TABLE spent_sign_ins (
         hash ${text} PRIMARY KEY,
         expires_at ${bigint} NOT NULL
       ) ${options}`,
      'CREATE INDEX spent_sign_ins_by_expiry ON spent_sign_ins (expires_at)',
    ],
  },
  {
    name: 'rotated credentials by their end',
    statements: () => [
      `CREATE INDEX device_credentials_superseded ON device_credentials (superseded_at)
         WHERE superseded_at IS NOT NULL AND revoked_at IS NULL`,
    ],
  },
];
