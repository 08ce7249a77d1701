import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isValid } from '../../src/columns/index.ts';
import {
  type BuildScan,
  type RowRequest,
  sampledColumn,
  type ScannedRows,
  type ScannedStrata,
} from '../../src/sources/index.ts';
import { BuildTable, rowsFrom } from '../support/build-table.ts';

let build: BuildTable;
beforeAll(async () => {
  build = await BuildTable.open();
});
afterAll(() => build.close());

describe('rows of several samples at once', () => {
  const rules = [{ column: 'd', threshold: 250 }];
  /** One by keys, one of the whole table, one by keys and outliers, of which columns differ. */
  async function requestsOf(fresh: BuildScan): Promise<RowRequest[]> {
    const whole = await fresh.scanStrata([], {});
    const byKey = await fresh.scanStrata(['k'], {});
    const apart = await fresh.scanStrata(['n'], {}, rules);
    const columns = whole.columns.map(sampledColumn).filter((column) => column !== null);
    const named = (...names: string[]): typeof columns => columns.filter(({ name }) => names.includes(name));
    const shares = (of: ScannedStrata, share: number): Float64Array =>
      of.population.map((_, h) => (of.takeAll?.[h] === 1 ? 1 : share));
    return [
      { seed: 1, keys: ['k'], thresholds: shares(byKey, 0.2), atLeast: shares(byKey, 0), columns: named('n', 'x', 'd', 'day', 'b') }, // prettier-ignore
      { seed: 2, keys: [], thresholds: shares(whole, 0.005), atLeast: shares(whole, 0), columns },
      // A thousandth of each stratum is far too few: it is fetched again, and the others are not.
      { seed: 1, keys: ['n'], outliers: rules, thresholds: shares(apart, 0.001), atLeast: apart.population.map((rows) => Math.min(2, rows)), columns: named('k', 'x') }, // prettier-ignore
    ];
  }

  test('are the rows of each alone', async () => {
    await build.with(async (fresh) => {
      const requests = await requestsOf(fresh);
      const together = await fresh.scanRows(requests, {});
      expect(together).toHaveLength(requests.length);
      for (const [place, request] of requests.entries()) {
        const alone = await rowsFrom(fresh, request);
        expect(alone.count).toBeGreaterThan(0);
        expect(inOrder(together[place]!)).toEqual(inOrder(alone));
      }
    });
  });

  test('hold texts of their own alone', async () => {
    await build.with(async (fresh) => {
      const [, request] = (await requestsOf(fresh)) as [RowRequest, RowRequest];
      const few = { ...request, thresholds: Float64Array.of(0.0008), columns: request.columns.slice(0, 1) };
      const [one, other] = await fresh.scanRows(
        [few, { ...few, seed: 3, thresholds: Float64Array.of(1) }],
        {},
      );
      expect(other!.columns[0]!.dictionary).toEqual(['k0', 'k1', 'k2']);
      expect(one!.columns[0]!.dictionary!.length).toBeLessThan(3);
      expect(inOrder(one!)).toEqual(inOrder(await rowsFrom(fresh, few)));
    });
  });

  /** Rows as values by priority, and what they are held in. */
  function inOrder({ count, stratum, priority, columns }: ScannedRows): unknown {
    const rows = Array.from({ length: count }, (_, row) => row);
    rows.sort((a, b) => (priority[a]! < priority[b]! ? -1 : 1));
    return {
      held: columns.map(({ column, dictionary }) => ({ column, dictionary })),
      rows: rows.map((row) => [
        priority[row],
        stratum[row],
        ...columns.map(({ values, validity, dictionary }) =>
          validity !== null && !isValid(validity, row)
            ? null
            : dictionary === null
              ? values[row]
              : dictionary[Number(values[row])],
        ),
      ]),
    };
  }
});
