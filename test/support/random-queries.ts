import type { Random } from '../../src/common/index.ts';

/*
 * Random aggregate queries over the table that `typedTableSql` makes: every kind of column, with NULLs, and every function that
 * kernels compute.
 */

/** SQL of a table with a column of every kind that samples hold, NULLs in all of them, and empty groups of values. */
export function typedTableSql(rows: number): string {
  const random = (column: number): string => `(hash(hash(i, ${column})) % 1000003)::BIGINT`;
  const nullable = (column: number, value: string, every = 11): string =>
    `CASE WHEN ${random(column + 100)} % ${every} <> 0 THEN ${value} END`;
  return `
    SELECT i AS id,
      ${nullable(1, `(${random(1)} % 50)::INTEGER`)} AS small,
      ${nullable(2, `(${random(2)} * 7 - 2000000)::BIGINT`)} AS wide,
      (${random(3)} % 7)::TINYINT AS tiny,
      ${nullable(4, `((${random(4)} % 100000) / 100.0)::DECIMAL(12,2)`)} AS price,
      ${nullable(5, `exp((${random(5)} % 10000) / 1500.0) - 20`)} AS amount,
      ${nullable(6, `((${random(6)} % 1000) / 8.0)::FLOAT`)} AS ratio,
      ${nullable(7, `${random(7)} % 3 = 0`)} AS flag,
      ${nullable(8, `'city_' || (${random(8)} % 12)`)} AS city,
      ${nullable(9, `['Ärger','alpha','Beta','gamma','', 'a%b_c','delta','日本'][1 + (${random(9)} % 8)::INTEGER]`, 7)} AS word,
      ${nullable(10, `DATE '1995-01-01' + (${random(10)} % 9000)::INTEGER`)} AS day,
      ${nullable(11, `TIMESTAMP '2001-01-01' + to_microseconds(${random(11)} * 71000000)`)} AS at,
      ['x','y','z'][1 + (${random(12)} % 3)::INTEGER] AS kind
    FROM range(${rows}) t(i)`;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;

/** Writes random expressions; `depth` bounds how far they nest. */
export class QueryWriter {
  constructor(private readonly random: Random) {}

  private one(...options: readonly (() => string)[]): string {
    return pick(this.random, options)();
  }

  number(depth: number): string {
    const leaf = (): string =>
      pick(this.random, [
        'small',
        'wide',
        'tiny',
        'price',
        'amount',
        'id',
        '3',
        '-2',
        '0',
        '2.5',
        '0.01',
        '1e2',
        'NULL',
        'small',
        'amount',
      ]);
    if (depth <= 0) return leaf();
    const inner = (): string => this.number(depth - 1);
    return this.one(
      leaf,
      () => `(${inner()} ${pick(this.random, ['+', '-', '*', '/', '%', '//'])} ${inner()})`,
      () => `${pick(this.random, ['abs', 'floor', 'ceil', 'trunc', 'round', 'sign'])}(${inner()})`,
      () => `round(${inner()}, ${pick(this.random, [0, 1, 2])})`,
      () => `-${leaf()}`,
      () => `coalesce(${inner()}, ${inner()})`,
      () => `nullif(${inner()}, ${leaf()})`,
      () => `${pick(this.random, ['least', 'greatest'])}(${inner()}, ${inner()})`,
      () => `CASE WHEN ${this.condition(depth - 1)} THEN ${inner()} ELSE ${inner()} END`,
      () => `CASE WHEN ${this.condition(depth - 1)} THEN ${inner()} END`,
      () =>
        `CAST(${inner()} AS ${pick(this.random, ['DOUBLE', 'BIGINT', 'INTEGER', 'DECIMAL(18,3)', 'HUGEINT'])})`,
      () =>
        `${pick(this.random, ['year', 'month', 'day', 'hour', 'quarter', 'week', 'dayofweek', 'minute'])}(${this.moment()})`,
      () =>
        `extract(${pick(this.random, ['year', 'doy', 'isodow', 'epoch', 'second', 'decade'])} FROM ${this.moment()})`,
      () => `length(${this.text(depth - 1)})`,
      () => `sqrt(abs(${leaf()}))`,
      () => `exp(tiny / 3)`,
      () => `ln(abs(small) + 1)`,
      () => `(day - DATE '2000-01-01')`,
      () => `CAST(flag AS INTEGER)`,
    );
  }

  text(depth: number): string {
    const leaf = (): string => pick(this.random, ['city', 'word', 'kind', "'city_3'", "'alpha'", "''"]);
    if (depth <= 0) return leaf();
    return this.one(
      leaf,
      leaf,
      () => `substr(${leaf()}, ${pick(this.random, [1, 2, 5])}, ${pick(this.random, [1, 3])})`,
      () => `${pick(this.random, ['lower', 'upper', 'trim'])}(${pick(this.random, ['city', 'kind'])})`,
      () => `replace(${leaf()}, 'a', 'bb')`,
      () => `coalesce(${leaf()}, ${leaf()})`,
      () => `nullif(${leaf()}, 'alpha')`,
      () => `CASE WHEN ${this.condition(depth - 1)} THEN ${leaf()} ELSE ${leaf()} END`,
      () => `(${leaf()} || '!')`,
    );
  }

  /** A date or timestamp. */
  moment(): string {
    return this.one(
      () => 'day',
      () => 'at',
      () =>
        `date_trunc('${pick(this.random, ['month', 'year', 'week', 'quarter', 'hour', 'day', 'decade'])}', ${pick(this.random, ['day', 'at'])})`,
      () => `(day + ${pick(this.random, [1, 40, -365])})`,
      () =>
        `(${pick(this.random, ['day', 'at'])} ${pick(this.random, ['+', '-'])} INTERVAL '${pick(this.random, ['1 month', '3 days', '25 hours', '1 year 2 days'])}')`,
      () => `CAST(at AS DATE)`,
    );
  }

  /** A number that stays within a few thousand: spreads lose digits where values lie far from their mean. */
  private moderateNumber(): string {
    const leaf = (): string => pick(this.random, ['small', 'tiny', 'price', 'amount', 'small']);
    return this.one(
      leaf,
      () => `(${leaf()} + ${leaf()})`,
      () => `coalesce(${leaf()}, 2.5)`,
      () => `CASE WHEN ${this.condition(0)} THEN ${leaf()} END`,
    );
  }

  /** DuckDB takes `date_trunc(u, x) <> c` for true where x is NULL and c is no start of a unit, so equality is left out here. */
  private compareMoments(): string {
    const ordered = pick(this.random, ['<', '<=', '>', '>=']);
    return `${this.moment()} ${ordered} ${pick(this.random, ["DATE '2003-05-06'", "TIMESTAMP '2002-02-03 04:05:06'", "'2001-06-01'", 'day'])}`;
  }

  condition(depth: number): string {
    const compare = (): string => pick(this.random, ['=', '<>', '<', '<=', '>', '>=']);
    const leaf = (): string =>
      this.one(
        () => `${this.number(1)} ${compare()} ${this.number(0)}`,
        () => `amount ${pick(this.random, ['<', '>'])} ${pick(this.random, ['5', '50', '300.5'])}`,
        () => `${this.text(1)} ${compare()} ${this.text(0)}`,
        () => this.compareMoments(),
        () =>
          `day ${compare()} ${pick(this.random, ["DATE '2003-05-06'", "TIMESTAMP '2002-02-03 04:05:06'", "'2001-06-01'", 'day'])}`,
        () => `${this.number(0)} BETWEEN ${this.number(0)} AND ${this.number(0)}`,
        () =>
          `small ${pick(this.random, ['IN', 'NOT IN'])} (1, 2, 30${pick(this.random, ['', ', NULL', ', 3, 4, 5, 6, 7, 8, 9'])})`,
        () =>
          `${pick(this.random, ['city', 'word'])} ${pick(this.random, ['IN', 'NOT IN'])} ('city_1', 'gamma', 'none'${pick(this.random, ['', ', NULL'])})`,
        () =>
          `${pick(this.random, ['city', 'word', 'kind'])} ${pick(this.random, ['LIKE', 'NOT LIKE'])} '${pick(this.random, ['c%', '%a%', '_eta', 'city__', '%', ''])}'`,
        () => `city ILIKE 'CITY%'`,
        () =>
          `${pick(this.random, ['small', 'amount', 'city', 'flag', 'day', this.number(1)])} IS ${pick(this.random, ['', 'NOT '])}NULL`,
        () => `flag ${pick(this.random, ['', 'IS TRUE', 'IS NOT TRUE', 'IS FALSE', '= TRUE'])}`,
        () => `${this.number(0)} IS ${pick(this.random, ['', 'NOT '])}DISTINCT FROM ${this.number(0)}`,
        () =>
          `city IS ${pick(this.random, ['', 'NOT '])}DISTINCT FROM ${pick(this.random, ["'city_2'", 'word', 'NULL'])}`,
        () => `starts_with(city, 'city_1')`,
      );
    if (depth <= 0) return leaf();
    return this.one(
      leaf,
      () => `(${this.condition(depth - 1)} AND ${this.condition(depth - 1)})`,
      () => `(${this.condition(depth - 1)} OR ${this.condition(depth - 1)})`,
      () => `NOT (${this.condition(depth - 1)})`,
    );
  }

  aggregate(): string {
    const filter = (): string => (this.random.next() < 0.2 ? ` FILTER (WHERE ${this.condition(0)})` : '');
    return this.one(
      () => `COUNT(*)${filter()}`,
      () =>
        `COUNT(${this.one(
          () => this.number(1),
          () => this.text(1),
          () => 'day',
        )})${filter()}`,
      () => `SUM(${this.number(2)})${filter()}`,
      () => `AVG(${this.number(2)})${filter()}`,
      () => `${pick(this.random, ['VAR_SAMP', 'VAR_POP', 'STDDEV', 'STDDEV_POP'])}(${this.moderateNumber()})`,
      () => `SUM(${this.number(1)}) / COUNT(*)`,
      () => this.quantile(filter()),
      () => this.quantile(filter()),
      () => `AVG(amount) - AVG(small) * 2`,
    );
  }

  /** A quantile, of a number of any type. Rounded it is no FLOAT: estimates are rounded as DOUBLE. */
  quantile(filter: string): string {
    const value = pick(this.random, [
      'small',
      'wide',
      'tiny',
      'price',
      'amount',
      'ratio',
      'price * 2',
      '-price',
      this.number(1),
    ]);
    const share = pick(this.random, ['0.5', '0.9', '0.07', '0.25', '1e-1', '0.333', '0.995']);
    return this.one(
      () => `MEDIAN(${value})${filter}`,
      () => `MAD(${value})${filter}`,
      () => `QUANTILE_CONT(CAST(${value} AS DOUBLE), ${share}) - AVG(small)${filter}`,
      () => `QUANTILE_CONT(${value}, ${share})${filter}`,
      () => `QUANTILE_DISC(${value}, ${share})${filter}`,
      () => `round(QUANTILE_CONT(CAST(${value} AS DOUBLE), ${share}), 1)`,
    );
  }

  key(): string {
    return this.one(
      () => 'kind',
      () => 'city',
      () => 'word',
      () => 'tiny',
      () => 'flag',
      () => 'small',
      () => `date_trunc('year', day)`,
      () => `month(at)`,
      () => `substr(city, 6)`,
      () => `round(amount)`,
      () => `amount > 50`,
      () => `CASE WHEN small > 25 THEN 'high' WHEN small > 10 THEN 'low' END`,
      () => `price`,
      () => `wide % 5`,
    );
  }

  query(): string {
    const keys = Array.from({ length: pick(this.random, [0, 1, 1, 2]) }, () => this.key());
    const unique = [...new Set(keys)];
    const outputs = Array.from({ length: pick(this.random, [1, 2, 3]) }, () => this.aggregate());
    const where = this.random.next() < 0.75 ? ` WHERE ${this.condition(2)}` : '';
    const groupBy = unique.length === 0 ? '' : ` GROUP BY ${unique.join(', ')}`;
    return `SELECT ${[...unique, ...outputs].join(', ')} FROM t${where}${groupBy}`;
  }
}
