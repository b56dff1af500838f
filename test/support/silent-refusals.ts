/** Keeps nothing of what is refused. */
export const SILENT_REFUSALS = { record() {}, pairing() {} };
