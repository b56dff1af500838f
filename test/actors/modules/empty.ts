// This module loads and has no implementations.
export const somethingElse = true;
