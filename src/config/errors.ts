/** One thing wrong with the configuration. */
export interface ConfigIssue {
  /** The variable, flag or file it is about, as the operator wrote it. */
  readonly name: string;
  /** What is wrong and what to do, in one sentence; never a secret's value. */
  readonly problem: string;
}

/** The configuration cannot be used. The message has one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly issues: readonly ConfigIssue[];

  constructor(mistakes: readonly ConfigIssue[]) {
    super(mistakes.map((mistake) => `${mistake.name}: ${mistake.problem}`).join('\n'));
    this.issues = mistakes;
  }
}
