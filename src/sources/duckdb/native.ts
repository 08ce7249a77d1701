/** All that touches DuckDB's library, which takes long to load: imported when the first query needs it. */
export { DuckDBBuildScan } from './duckdb-build-scan.ts';
export { DuckDBColumnSetScan } from './duckdb-column-sets.ts';
export { inspectParquet, readerOf, writeAsParquet } from './files.ts';
export { learnMoments } from './learn-moments.ts';
export { LockedDatabase } from './locked-database.ts';
export { readResult } from './read-values.ts';
