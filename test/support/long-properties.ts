// This module makes properties run long; `npm run test:long` loads it into every test file.
import fc from 'fast-check';

// A property that names no number of runs has this many.
fc.configureGlobal({ numRuns: 5000 });
