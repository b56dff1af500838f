// SILENT_REFUSALS takes the place of the audit of refusals.

/** A refusal audit that records nothing. */
export const SILENT_REFUSALS = { record() {}, pairing() {} };
