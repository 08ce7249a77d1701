import { Type } from 'typebox';

/*
 * Tables and samples as JSON. The compiler holds these against the engine's types (test/server/schemas.test.ts).
 */

const closed = { additionalProperties: false };
const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

const summary = {
  name: Type.String(),
  rows: Type.Number(),
  columnCount: Type.Number(),
  sampleCount: Type.Number(),
  fileCount: Type.Number(),
  format: Type.Enum(['parquet', 'csv', 'json', 'arrow']),
  source: Type.String({ description: 'the file or glob that it was made from' }),
  created: Type.String({ format: 'date-time' }),
  sampledBy: Type.Union([Type.String(), Type.Null()], {
    description: 'how it was sampled that is itself a sample; null: it is none',
  }),
};

export const TableSummarySchema = Type.Object(summary, { ...closed, title: 'TableSummary' });

/** A sample; where its entry in the catalog is damaged, what is not known is null. */
export const SampleSchema = Type.Object(
  {
    name: Type.String(),
    table: TextOrNull,
    method: TextOrNull,
    rows: NumberOrNull,
    populationRows: NumberOrNull,
    share: NumberOrNull,
    strata: NumberOrNull,
    bytes: NumberOrNull,
    seed: NumberOrNull,
    version: NumberOrNull,
    created: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    uses: Type.Union([Type.Number(), Type.Null()], {
      description: 'logged statements that were answered from it',
    }),
    staleRows: Type.Union([Type.Number(), Type.Null()], {
      description: "rows that came to the table's files since, about",
    }),
    drift: NumberOrNull,
    why: TextOrNull,
    state: Type.Enum(['sound', 'damaged', 'unavailable']),
    trouble: TextOrNull,
  },
  { ...closed, title: 'Sample' },
);

export const TableSchema = Type.Object(
  {
    ...summary,
    columns: Type.Array(
      Type.Object({ name: Type.String(), type: Type.String(), sampling: TextOrNull }, closed),
    ),
    files: Type.Array(
      Type.Object(
        {
          path: Type.String(),
          bytes: Type.Number(),
          rows: Type.Number(),
          modified: Type.String({ format: 'date-time' }),
        },
        closed,
      ),
    ),
    samples: Type.Array(SampleSchema),
    stale: Type.Union([Type.Object({ rowsAdded: Type.Number(), note: Type.String() }, closed), Type.Null()], {
      description: 'what its files have become since it was made or refreshed',
    }),
  },
  { ...closed, title: 'Table' },
);

export const TablesSchema = Type.Object({ tables: Type.Array(TableSummarySchema) }, closed);
export const SamplesSchema = Type.Object({ samples: Type.Array(SampleSchema) }, closed);

/** What the engine is fit for. */
export const ReadySchema = Type.Object(
  {
    ready: Type.Boolean(),
    samplesOpen: Type.Boolean(),
    isCatalogWritable: Type.Boolean(),
    tables: Type.Number(),
    samples: Type.Number(),
    samplesInTrouble: Type.Number(),
  },
  { title: 'Readiness' },
);
