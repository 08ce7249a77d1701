import { allocate, bitmapBytes, codeStorage, type Dictionary, setValid } from '../../src/columns/index.ts';
import { compareText } from '../../src/common/index.ts';
import { type OutputColumn, type Scalar, toDouble } from '../../src/plan/index.ts';
import type {
  BuildScan,
  KeyRequest,
  KeyTotals,
  MagnitudeHistogram,
  OutlierRule,
  RowRequest,
  SampledColumn,
  ScannedColumn,
  ScannedKeys,
  ScannedRows,
  ScannedStrata,
} from '../../src/sources/index.ts';

/** A table in arrays: a source for sample builds in tests. */
export interface ArrayTable {
  readonly columns: readonly OutputColumn[];
  /** For each column its values. */
  readonly values: readonly (readonly Scalar[])[];
}

/** What a draw is made with. */
export interface ArrayScanOptions {
  /** 64-bit priorities, one a row. */
  readonly priorities: BigUint64Array;
  /** For each stratum, by the text of its key, the rows of the population, where the table is itself a sample. */
  readonly population?: ReadonlyMap<string, number>;
  /** Shares of the range, by the text of the key: what keys are drawn by. */
  readonly keyPriorities?: ReadonlyMap<string, number>;
  /** Strata of the same table and keys, scanned before. */
  readonly strata?: ScannedStrata;
}

/** The scans of a sample build over arrays, written without regard to speed. */
export function arrayScan(table: ArrayTable, options: ArrayScanOptions): BuildScan {
  const rowCount = table.values[0]?.length ?? 0;
  const valuesOf = (column: string): readonly Scalar[] =>
    table.values[table.columns.findIndex(({ name }) => name === column)]!;
  const keyTexts = (keys: readonly string[], outliers: readonly OutlierRule[] = []): string[] =>
    Array.from({ length: rowCount }, (_, row) => {
      const texts = keys.map((key) => String(valuesOf(key)[row]));
      const isOutlier = outliers.some(
        ({ column, threshold }) => Math.abs(added(valuesOf(column)[row]!)) > threshold,
      );
      return [...texts, ...(outliers.length === 0 ? [] : [isOutlier ? outlierText : ''])].join('|');
    });
  const order = new Map<string, Map<string, number>>();
  const strataOf = (keys: readonly string[], outliers: readonly OutlierRule[] = []): Map<string, number> => {
    const known = order.get(keys.join());
    if (known !== undefined) return known;
    const texts = [...new Set(keyTexts(keys, outliers))].sort();
    const numbers = new Map(texts.map((text, place) => [text, place]));
    order.set(keys.join(), numbers);
    return numbers;
  };
  return {
    scanSizes: (keys) => {
      const texts = keyTexts(keys);
      const sizes = new Map<string, number>();
      for (const text of texts) sizes.set(text, (sizes.get(text) ?? 0) + 1);
      return Promise.resolve(Float64Array.from(sizes.values()));
    },
    scanMagnitudes: (column) => Promise.resolve(magnitudesOf(valuesOf(column))),
    scanStrata: (keys, _, outliers) => {
      const texts = keyTexts(keys, outliers);
      return Promise.resolve(
        options.strata ?? scanStrata(table, keys, texts, strataOf(keys, outliers), options),
      );
    },
    scanRows: (requests) =>
      Promise.resolve(
        requests.map((request) => {
          const { keys, outliers } = request;
          return scanRows(table, request, keyTexts(keys, outliers), strataOf(keys, outliers), options);
        }),
      ),
    scanKeys: (request) => Promise.resolve(scanKeys(table, request, keyTexts(request.keys), options)),
    close: () => undefined,
  };
}

function scanKeys(
  table: ArrayTable,
  request: KeyRequest,
  texts: readonly string[],
  { priorities, keyPriorities }: ArrayScanOptions,
): ScannedKeys {
  const priorityOf = (text: string): number => keyPriorities!.get(text)!;
  const members = new Map<string, number[]>();
  for (const [row, text] of texts.entries()) members.set(text, [...(members.get(text) ?? []), row]);
  const drawn = [...members.keys()]
    .filter((text) => priorityOf(text) < request.share)
    .sort((a, b) => priorityOf(a) - priorityOf(b));
  const numbers = new Map(drawn.map((text, place) => [text, place]));
  const rows = drawn.flatMap((text) => members.get(text)!);
  const totalsOf =
    (values: readonly Scalar[], centre: number, isNumber: boolean): KeyTotals =>
    (a, b) => {
      if (b > 0 && !isNumber) return Number.NaN;
      return [...members.values()].reduce((sum, own) => {
        const present = own.map((row) => values[row]!).filter((value) => value !== null);
        const total = present.reduce<number>((all, value) => all + Number(value) - centre, 0);
        return present.length === 0 ? sum : sum + present.length ** a * (b === 0 ? 1 : total ** b);
      }, 0);
    };
  return {
    population: members.size,
    rowsMax: Math.max(0, ...[...members.values()].map((own) => own.length)),
    ofRows: totalsOf(texts.map(() => 1), 0, false), // prettier-ignore
    ofColumns: table.columns.map((column, place) => ({
      column,
      totals: totalsOf(
        table.values[place]!,
        request.centres[place]!,
        ['integer', 'float', 'double'].includes(column.type.kind),
      ),
    })),
    rows: gatherRows(
      table,
      request.columns,
      rows,
      rows.map((row) => numbers.get(texts[row]!)!),
      priorities,
    ),
    priority: Float64Array.from(rows, (row) => priorityOf(texts[row]!)),
  };
}

/** In the text of an outlier's stratum: sorts behind the other rows of a key. */
const outlierText = 'outlier';

/** What a row adds to a sum. */
const added = (value: Scalar): number => (Number.isFinite(value) ? Number(value) : 0);

/** A histogram with a bin for every magnitude. */
export function magnitudesOf(values: readonly Scalar[]): MagnitudeHistogram {
  const bins = new Map<number, number[]>();
  const centre = values.reduce<number>((sum, value) => sum + added(value) / values.length, 0);
  for (const value of values) {
    const x = added(value);
    const powers = bins.get(Math.abs(x)) ?? [0, 0, 0, 0];
    bins.set(
      Math.abs(x),
      powers.map((sum, k) => sum + (x - centre) ** k),
    );
  }
  const sorted = [...bins].sort(([a], [b]) => a - b);
  const power = (k: number): Float64Array => Float64Array.from(sorted, ([, powers]) => powers[k]!);
  return {
    largest: Float64Array.from(sorted, ([x]) => x),
    rows: power(0),
    powers: [power(1), power(2), power(3)],
  };
}

function scanStrata(
  table: ArrayTable,
  keys: readonly string[],
  texts: readonly string[],
  strata: ReadonlyMap<string, number>,
  { population }: ArrayScanOptions,
): ScannedStrata {
  const members: number[][] = Array.from({ length: strata.size }, () => []);
  for (const [row, text] of texts.entries()) members[strata.get(text)!]!.push(row);
  const names = [...strata.keys()];
  return {
    count: strata.size,
    takeAll: names.some((name) => name.endsWith(outlierText))
      ? Uint8Array.from(names, (name) => Number(name.endsWith(outlierText)))
      : null,
    population: Float64Array.from(
      members,
      (rows, stratum) => population?.get(names[stratum]!) ?? rows.length,
    ),
    keys: keys.map((key) => {
      const place = table.columns.findIndex(({ name }) => name === key);
      return {
        column: table.columns[place]!,
        values: members.map(([first]) => table.values[place]![first!]!),
      };
    }),
    columns: table.columns.map((column, place) => scanColumn(column, table.values[place]!, members)),
  };
}

/** Totals of a column, straight from their definitions. */
function scanColumn(
  column: OutputColumn,
  values: readonly Scalar[],
  members: readonly number[][],
): ScannedColumn {
  const present = members.map((rows) => rows.map((row) => values[row]!).filter((value) => value !== null));
  const isNumber = ['integer', 'decimal', 'double', 'float', 'date', 'timestamp'].includes(column.type.kind);
  const numbers = present.map((list) => (isNumber ? list.map(Number) : []));
  const inUnits = present.map((list) =>
    isNumber ? list.map((value) => toDouble(value as number, column.type)) : [],
  );
  const mean = inUnits.map((list) =>
    list.length === 0 ? Number.NaN : list.reduce((a, b) => a + b, 0) / list.length,
  );
  return {
    column,
    count: Float64Array.from(present, (list) => list.length),
    nonFinite: new Float64Array(members.length),
    low: Float64Array.from(numbers, (list) =>
      list.length === 0 ? Number.NaN : list.reduce((a, b) => Math.min(a, b)),
    ),
    high: Float64Array.from(numbers, (list) =>
      list.length === 0 ? Number.NaN : list.reduce((a, b) => Math.max(a, b)),
    ),
    sum:
      column.type.kind === 'integer'
        ? BigInt64Array.from(numbers, (list) => list.reduce((sum, value) => sum + BigInt(value), 0n))
        : null,
    mean: Float64Array.from(mean),
    centred: [2, 3, 4, 5, 6].map((k) =>
      Float64Array.from(inUnits, (list, stratum) =>
        list.reduce((sum, value) => sum + (value - mean[stratum]!) ** k, 0),
      ),
    ),
  };
}

function scanRows(
  table: ArrayTable,
  request: RowRequest,
  texts: readonly string[],
  strata: ReadonlyMap<string, number>,
  { priorities }: ArrayScanOptions,
): ScannedRows {
  const stratumOf = texts.map((text) => strata.get(text)!);
  const rows = stratumOf.flatMap((stratum, row) =>
    Number(priorities[row]) / 2 ** 64 <= request.thresholds[stratum]! ? [row] : [],
  );
  return gatherRows(
    table,
    request.columns,
    rows,
    rows.map((row) => stratumOf[row]!),
    priorities,
  );
}

function gatherRows(
  table: ArrayTable,
  columns: readonly SampledColumn[],
  rows: readonly number[],
  stratum: readonly number[],
  priorities: BigUint64Array,
): ScannedRows {
  return {
    count: rows.length,
    stratum: Int32Array.from(stratum),
    priority: BigUint64Array.from(rows, (row) => priorities[row]!),
    columns: columns.map((column) => {
      const values = table.values[table.columns.findIndex(({ name }) => name === column.name)]!;
      const picked = rows.map((row) => values[row] ?? null);
      const dictionary: Dictionary | null = column.dictionary
        ? [...new Set(picked.filter((value) => typeof value === 'string'))].sort(compareText)
        : null;
      const storage = dictionary === null ? column.storage : codeStorage(dictionary.length);
      const array = allocate(storage, rows.length) as Float64Array;
      const validity = new Uint8Array(bitmapBytes(rows.length));
      for (const [place, value] of picked.entries()) {
        if (value !== null) setValid(validity, place);
        array[place] =
          dictionary === null
            ? Number(value ?? 0)
            : value === null
              ? dictionary.length
              : dictionary.indexOf(value as string);
      }
      return {
        column: { ...column, storage },
        values: array,
        validity: picked.includes(null) ? validity : null,
        dictionary,
      };
    }),
  };
}
