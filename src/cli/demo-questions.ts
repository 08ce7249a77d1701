/** A question of the demo. */
export interface DemoQuestion {
  readonly title: string;
  /** What is asked, without order and bounds: exactly this is also asked of all rows. */
  readonly select: string;
  /** ORDER BY and LIMIT, where the answer has many rows. */
  readonly order?: string;
  /** What the answer may cost, or how wrong it may be. */
  readonly bound?: string;
}

/** Statements that make the demo's table and samples where they are not there yet. The seeds are fixed: every run draws the same rows. */
export function demoSetup(path: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS flights FROM '${path.replaceAll("'", "''")}'`,
    'CREATE SAMPLE IF NOT EXISTS flights_uniform ON flights UNIFORM 60000 ROWS SEED 1',
    'CREATE SAMPLE IF NOT EXISTS flights_by_origin ON flights STRATIFIED BY (origin) CAP 2000 SEED 1',
  ];
}

export const demoQuestions: readonly DemoQuestion[] = [
  {
    title: 'How many minutes late is a flight of more than a thousand miles?',
    select: 'SELECT AVG(delay) FROM flights WHERE distance > 1000',
  },
  {
    title: 'How many flights were more than an hour late, month by month?',
    select: `SELECT month(date) AS month, COUNT(*) AS late_flights FROM flights
WHERE delay > 60 GROUP BY 1`,
    order: 'ORDER BY 1',
  },
  {
    title: 'Which airports have the most departures? A sample by airport knows the exact sizes.',
    select: 'SELECT origin, COUNT(*) AS departures FROM flights GROUP BY origin',
    order: 'ORDER BY 2 DESC LIMIT 5',
  },
  {
    title: 'How far do late flights go? To within 10 %, with no more rows than that takes.',
    select: `SELECT origin, AVG(distance) AS miles FROM flights
WHERE delay > 15 AND origin IN ('ATL', 'DEN', 'DFW', 'LAX', 'ORD', 'PHX') GROUP BY origin`,
    order: 'ORDER BY origin',
    bound: 'ERROR WITHIN 10% AT CONFIDENCE 95%',
  },
  {
    title: 'What share of the flights of each airport is more than an hour late, in percent?',
    select: `SELECT origin, 100 * SUM(CASE WHEN delay > 60 THEN 1 ELSE 0 END) / COUNT(*) AS late
FROM flights GROUP BY origin`,
    order: 'ORDER BY COUNT(*) DESC',
  },
  {
    title: 'What do twenty milliseconds allow to say of flights that are 30 to 60 minutes late?',
    select: `SELECT COUNT(*) AS flights, AVG(distance) AS miles FROM flights
WHERE delay BETWEEN 30 AND 60`,
    bound: 'WITHIN 20 MILLISECONDS',
  },
];
