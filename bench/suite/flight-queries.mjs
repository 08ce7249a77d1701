import { powerSums } from './session-queries.mjs';

const miles = powerSums('distance', 732);
const delays = powerSums('delay', 7);

/** Six queries over three million flights. @type {readonly import('./session-queries.mjs').BenchQuery[]} */
export const flightQueries = [
  {
    name: 'f1',
    shows: 'filtered',
    sql: 'SELECT COUNT(*), AVG(distance) FROM flights WHERE delay > 15',
    keys: 0,
    totals: [0],
    within: '5%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: 'delay > 15', keys: [], sums: miles },
  },
  {
    name: 'f2',
    shows: '229 groups',
    sql: 'SELECT origin, COUNT(*), AVG(distance) FROM flights WHERE delay <= 15 GROUP BY origin',
    keys: 1,
    totals: [1],
    within: '10%',
    sample: 'by_origin',
    strataFilter: 'true',
    moments: { filter: 'delay <= 15', keys: [], sums: miles },
  },
  {
    name: 'f3',
    shows: 'LIKE',
    sql: "SELECT COUNT(*), AVG(distance) FROM flights WHERE destination LIKE 'D%'",
    keys: 0,
    totals: [0],
    within: '5%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: "destination LIKE 'D%'", keys: [], sums: miles },
  },
  {
    name: 'f4',
    shows: 'dates',
    sql: 'SELECT dayofweek(date), COUNT(*), AVG(distance) FROM flights GROUP BY 1',
    keys: 1,
    totals: [1],
    within: '5%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: { filter: 'true', keys: ['dayofweek(date)'], sums: miles },
  },
  {
    name: 'f5',
    shows: 'two group columns',
    sql: 'SELECT origin, destination, COUNT(*), AVG(delay) FROM flights GROUP BY origin, destination',
    keys: 2,
    totals: [2],
    within: null,
    sample: 'by_origin',
    strataFilter: 'true',
    moments: { filter: 'true', keys: ['destination'], sums: delays },
  },
  {
    name: 'f6',
    shows: 'quantiles',
    sql: 'SELECT MEDIAN(distance), quantile_cont(distance, 0.9) FROM flights WHERE delay > 15',
    keys: 0,
    totals: [],
    within: '5%',
    sample: 'uniform',
    strataFilter: 'true',
    moments: null,
  },
];
