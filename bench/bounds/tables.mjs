import { sessionTypes } from '../sample-rows.mjs';

/**
 * A table to ask about, and the samples that a user might have of it.
 * @typedef {object} BoundsTable
 * @property {string} name
 * @property {readonly string[]} ranges columns that predicates cut
 * @property {readonly string[]} classes columns of texts that predicates name values of
 * @property {readonly string[]} keys what is grouped by, by itself or with another
 * @property {readonly string[]} manyKeys what is grouped by alone, for its many groups
 * @property {readonly string[]} measures what is summed up
 * @property {string} types64 see {@link loadSampleRows}
 * @property {(rows: number) => readonly SampleOf[]} samples for a table of so many rows
 */

/**
 * @typedef {object} SampleOf
 * @property {string} name
 * @property {string} method
 * @property {readonly string[]} strata the columns that its strata are made of
 */

/** The samples' rows are these where the table has 20 million; else so much less, and no less than a hundredth of that. */
const scaled = (/** @type {number} */ count, /** @type {number} */ rows) =>
  Math.round(count * Math.min(1, Math.max(0.01, rows / 20e6)));

/** @type {BoundsTable} */
export const sessions = {
  name: 'sessions',
  ranges: ['bitrate', 'session_time', 'buffering_ms', 'ts'],
  classes: ['os', 'genre', 'browser'],
  keys: ['os', 'genre', 'browser', 'month(ts)'],
  manyKeys: ['country', 'city'],
  measures: ['session_time', 'bytes', 'bitrate', 'buffering_ms'],
  types64: sessionTypes,
  samples: (rows) => [
    { name: 'sessions_uniform', method: `UNIFORM ${scaled(400_000, rows)} ROWS`, strata: [] },
    { name: 'sessions_os_genre', method: `STRATIFIED BY (os, genre) CAP ${scaled(20_000, rows)}`, strata: ['os', 'genre'] }, // prettier-ignore
    { name: 'sessions_city', method: `STRATIFIED BY (city) CAP ${scaled(1000, rows)}`, strata: ['city'] },
  ],
};

/** @type {BoundsTable} */
export const flights = {
  name: 'flights',
  ranges: ['delay', 'distance', 'date'],
  classes: ['origin', 'destination'],
  keys: ['month(date)', 'dayofweek(date)', 'hour(date)'],
  manyKeys: ['origin', 'destination'],
  measures: ['delay', 'distance'],
  types64: 'make_timestamp(date::BIGINT) AS date',
  // The first two are the demo's.
  samples: () => [
    { name: 'flights_uniform', method: 'UNIFORM 60000 ROWS', strata: [] },
    { name: 'flights_by_origin', method: 'STRATIFIED BY (origin) CAP 2000', strata: ['origin'] },
    { name: 'flights_tenth', method: 'UNIFORM 10%', strata: [] },
  ],
};
