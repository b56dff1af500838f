import fc from 'fast-check';

// Loaded into every test file by `npm run test:long`: a property that says no number of its own is tried so often.
fc.configureGlobal({ numRuns: 5000 });
