import { configureGlobal } from 'fast-check';

/** Property tests repeat from this seed; `BALLPARK_SEED=7 npm test` looks elsewhere. */
configureGlobal({ seed: Number(process.env['BALLPARK_SEED'] ?? 20260101) });
