const digits = (/** @type {number} */ value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
/** Three digits, with commas. @param {number} value */
const ms = (value) => {
  const places = { minimumFractionDigits: digits(value), maximumFractionDigits: digits(value) };
  return Number(value.toPrecision(3)).toLocaleString('en-US', places);
};
const times = (/** @type {number} */ value) => `${ms(value)}×`;
const count = (/** @type {number} */ value) => value.toLocaleString('en-US');
const percent = (/** @type {number | null} */ value) =>
  value === null ? 'none' : value < 1e-9 ? '0 %' : `${(value * 100).toPrecision(2)} %`;

/**
 * Rows of text with their columns aligned; the first two columns left, the others right.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  const widths = head.map((name, place) => Math.max(name.length, ...rows.map((row) => row[place].length)));
  const line = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell, place) => (place < 2 ? cell.padEnd(widths[place]) : cell.padStart(widths[place])))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

const queryColumns = ['', 'query', 'mode, sample', 'rows read', 'DuckDB ms', 'ours ms', 'faster', 'bound', 'widest', 'worst error', 'hold the truth', 'groups']; // prettier-ignore

/** @param {readonly import('./compare-queries.mjs').QueryComparison[]} compared */
export function reportQueries(compared) {
  const rows = compared.map(({ query, exactMs, ownMs, answer, accuracy }) => [
    query.name,
    query.shows,
    answer.sample === null ? answer.mode : `${answer.mode}, ${answer.sample.name}`,
    count(answer.sample?.rowsRead ?? 0),
    ms(exactMs),
    ms(ownMs),
    times(exactMs / ownMs),
    query.within.replace('%', ' %'),
    answer.met ? percent(answer.achieved.maxRelativeError) : 'missed',
    percent(accuracy.worstError),
    accuracy.intervals === 0 ? '—' : `${count(accuracy.holding)} of ${count(accuracy.intervals)}`,
    accuracy.groupsMissing === 0 ? count(accuracy.groups) : `${accuracy.groups} (−${accuracy.groupsMissing})`,
  ]);
  const statements = compared.map(({ query }) => `${query.name.padEnd(3)} ${query.sql}`);
  return [
    'Answers: exact by DuckDB over the table, ours within the bound at 95 %',
    table(queryColumns, rows),
    statements.join('\n'),
  ].join('\n\n');
}

/** @param {import('./compare-moments.mjs').MomentsComparisons} compared */
export function reportMoments(compared) {
  const rows = compared.map(({ query, sample, rowsRead, cells, duckdbMs, oneThreadMs, executeMs }) => [
    query.name,
    sample,
    count(rowsRead),
    count(cells),
    ms(duckdbMs),
    ms(oneThreadMs),
    ms(executeMs),
    times(duckdbMs / executeMs),
    times(oneThreadMs / executeMs),
  ]);
  return [
    'Moments (count, Σ(x − c), Σ(x − c)²) by group and stratum over the rows that were read: DuckDB in memory, our executor',
    table(['', 'sample', 'rows', 'cells', 'DuckDB ms', 'one thread', 'ours ms', 'faster', 'than one'], rows),
  ].join('\n\n');
}

/**
 * @param {readonly import('./compare-builds.mjs').BuildMeasurement[]} builds
 * @param {number} twoScansMs
 */
export function reportBuilds(builds, twoScansMs) {
  const rows = builds.map((build) => [
    build.name,
    build.method,
    count(build.rows),
    count(build.strata),
    (build.bytes / 2 ** 20).toFixed(0),
    ms(build.ms),
    times(build.ms / twoScansMs),
  ]);
  return [
    `Sample builds, against two bare scans of all columns by DuckDB: ${ms(twoScansMs)} ms`,
    table(['sample', 'method', 'rows', 'strata', 'MiB', 'build ms', 'two scans'], rows),
  ].join('\n\n');
}
