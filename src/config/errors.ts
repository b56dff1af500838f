// A `ConfigError` lists all that is wrong with the configuration, each fault as a `ConfigIssue`.

/** One thing wrong with the configuration. */
export interface ConfigIssue {
  /** The variable, flag or file that is at fault, as the operator wrote it. */
  readonly name: string;
  /** What is wrong and what to do, in one sentence; never a secret's value. */
  readonly problem: string;
}

/** The configuration cannot be used. The message has one line for each issue. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map((issue) => `${issue.name}: ${issue.problem}`).join('\n'));
    this.issues = issues;
  }
}
