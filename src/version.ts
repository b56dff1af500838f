// This file says which version of the product this is.

/** The product's version, as in package.json. */
export const VERSION = '0.1.0';
