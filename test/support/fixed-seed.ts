import fc from 'fast-check';

/** Property tests repeat from this seed; `BALLPARK_SEED=7 npm test` looks elsewhere. */
fc.configureGlobal({ seed: Number(process.env['BALLPARK_SEED'] ?? 20260101) });
