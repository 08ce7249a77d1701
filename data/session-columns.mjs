/*
 * The columns of the sessions table as SQL over a row number `i` that starts at 0.
 * Every random number is a hash of (row, stream, seed), so a row's values depend on nothing else: not on threads, not on how many
 * rows the table has (`ts` alone is spread over all of them). The hash is applied twice, since DuckDB's hash of several values
 * mixes the last of them in so weakly that neighbouring streams would depend on each other.
 */

/** One stream of random numbers for each use. */
const streams = {
  ts: 1,
  city: 2,
  os: 3,
  genre: 4,
  browser: 5,
  bitrate: 6,
  radius: 7,
  angle: 8,
  buffering: 9,
  overhead: 10,
};

/** Values of a column, their share of the rows, and what they add to the mean of log(session_time). */
export const operatingSystems = [
  ['android', 0.34, -0.05],
  ['ios', 0.22, 0],
  ['windows', 0.18, 0.02],
  ['macos', 0.09, 0.02],
  ['roku', 0.07, 0.1],
  ['tizen', 0.05, 0.1],
  ['linux', 0.03, 0],
  ['xbox', 0.02, 0.05],
];
export const genres = [
  ['drama', 0.2, 0.05],
  ['comedy', 0.17, 0],
  ['sports', 0.14, 0.1],
  ['news', 0.12, -0.1],
  ['western', 0.08, 0],
  ['kids', 0.08, -0.05],
  ['horror', 0.07, 0],
  ['documentary', 0.06, 0.05],
  ['romance', 0.05, 0],
  ['musical', 0.03, -0.05],
];
export const browsers = [
  ['chrome', 0.55, 0],
  ['safari', 0.22, 0],
  ['edge', 0.12, 0],
  ['firefox', 0.08, 0],
  ['other', 0.03, 0],
];
/** The first are the likeliest. */
const countries = (
  'US IN BR GB DE FR JP MX CA IT ES KR AU ID TR NL PL AR TH PH VN CO ZA SE BE ' +
  'CH AT CL NG EG PK MY SG NO DK FI IE PT GR CZ RO HU IL SA AE NZ PE UA KE MA'
).split(' ');

export const cityCount = 5000;
/** The share of the city of rank k falls as k to the minus this. */
export const cityExponent = 1.2;
/** Standard deviation of log(session_time) where os and genre are given. */
export const sessionTimeSigma = 1.2;
const sessionTimeMedianSeconds = 300;
export const unbufferedShare = 0.7;
const bufferingMeanMs = 2000;

const startMs = Date.UTC(2025, 0, 1);
const spanMs = 365 * 86_400_000;
/** A row may lie so much later than its number says. */
const jitterMs = 3_600_000;

/** A number in [0, 1) from the 53 leading bits of a hash. */
const uniform = (...values) =>
  `((hash(hash(${values.map((value) => `${value}::BIGINT`).join(', ')})) >> 11)::DOUBLE * ${2 ** -53})`;

/**
 * The value whose share of [0, 1) a number falls into.
 * @param {string} number
 * @param {readonly (readonly [string, number, number])[]} table
 */
function pick(number, table) {
  let end = 0;
  const cases = table.slice(0, -1).map(([value, share]) => {
    end += share;
    return `WHEN ${number} < ${end} THEN '${value}'`;
  });
  return `CASE ${cases.join(' ')} ELSE '${table.at(-1)[0]}' END`;
}

/**
 * What a value adds to the mean of log(session_time).
 * @param {string} column
 * @param {readonly (readonly [string, number, number])[]} table
 */
function shift(column, table) {
  const cases = table.filter(([, , by]) => by !== 0).map(([value, , by]) => `WHEN '${value}' THEN ${by}`);
  return `CASE ${column} ${cases.join(' ')} ELSE 0 END`;
}

/** Cities with their names and countries, by rank: the same for every seed. */
export const citiesStatement = `
CREATE TEMP TABLE cities AS
SELECT rank::INTEGER AS city_rank, format('c{:04d}', rank) AS city,
  ['${countries.join("', '")}'][floor(${countries.length + 1} ** ${uniform('rank', 0, 0)})::INTEGER] AS country
FROM range(1, ${cityCount + 1}) ranks(rank)`;

/**
 * The table's rows. Needs the table `cities`.
 * @param {{readonly rows: number, readonly seed: number}} request
 */
export function sessionsQuery({ rows, seed }) {
  const random = (/** @type {keyof typeof streams} */ use) => uniform('i', streams[use], seed);
  // A power law cut off behind the last city, by inversion; Zipf's but for the first few ranks.
  const tail = 1 - cityExponent;
  const cityRank = `floor((1 - ${1 - (cityCount + 1) ** tail} * ${random('city')}) ** ${1 / tail})`;
  const logShift = `${shift('os', operatingSystems)} + ${shift('genre', genres)}`;
  // Box and Muller: 1 − u is never 0.
  const normal = `sqrt(-2 * ln(1 - ${random('radius')})) * cos(${2 * Math.PI} * ${random('angle')})`;
  const buffering = `-${bufferingMeanMs} * ln((1 - ${random('buffering')}) / ${1 - unbufferedShare})`;
  return `
WITH drawn AS (
  SELECT i, least(${cityCount}, ${cityRank})::INTEGER AS city_rank,
    ${pick(random('os'), operatingSystems)} AS os,
    ${pick(random('genre'), genres)} AS genre,
    ${pick(random('browser'), browsers)} AS browser,
    (300 + floor(5701 * ${random('bitrate')}))::INTEGER AS bitrate
  FROM range(${rows}) numbered(i)
), timed AS (
  SELECT *, round(${sessionTimeMedianSeconds} * exp(${logShift} + ${sessionTimeSigma} * ${normal}), 3) AS session_time
  FROM drawn
)
SELECT i + 1 AS session_id,
  make_timestamp_ms(${startMs} + (i * ${(spanMs - jitterMs) / rows} + ${jitterMs} * ${random('ts')})::BIGINT) AS ts,
  city, country, os, genre, browser, bitrate, session_time,
  greatest(0, ${buffering})::INTEGER AS buffering_ms,
  (session_time * bitrate * (100 + 25 * ${random('overhead')}))::BIGINT AS bytes
FROM timed JOIN cities USING (city_rank)`;
}
