import type { SamplingMethod } from '../../src/catalog/index.ts';
import { finish, itemsOf, seededRandom, systemClock } from '../../src/common/index.ts';
import type { Choice } from '../../src/engine/choice.ts';
import { type Levels, Looks } from '../../src/engine/looks.ts';
import { RunControl } from '../../src/engine/run-control.ts';
import type { EstimatedRow, Known } from '../../src/engine/known.ts';
import { SampleReading } from '../../src/engine/sample-reading.ts';
import { type AggregateQuery, bigintType, doubleType, drawnDesign } from '../../src/plan/index.ts';
import type { Sample } from '../../src/samples/index.ts';
import type { BuildScan, ScannedStrata } from '../../src/sources/index.ts';
import { arrayScan, type ArrayTable } from './array-scan.ts';
import { bindAggregate } from './ask-sample.ts';
import { buildInMemory } from './build.ts';

/** What a draw of the sample answers. */
export interface GroupsReply {
  readonly query: AggregateQuery;
  readonly rows: readonly EstimatedRow[];
  readonly known: Known;
  readonly choice: Choice | string | null;
}

/** What a look at a sample shows. */
export interface Look {
  readonly rowsRead: number;
  readonly rows: readonly EstimatedRow[];
}

/** Ranks of which a first look may be made of: small tables have no pilot of 4,096 rows. */
const firstLimit = 16;

/** A small table `t` of groups `g` (numbers) with values `x`, of which samples are drawn many times. */
export class GroupedTable {
  private strata: ScannedStrata | null = null;
  private readonly table: ArrayTable;

  /** @param values of each group */
  constructor(
    readonly values: readonly (readonly number[])[],
    private readonly method: SamplingMethod,
  ) {
    this.table = {
      columns: [
        { name: 'g', type: bigintType },
        { name: 'x', type: doubleType },
      ],
      values: [values.flatMap((own, group) => own.map(() => group)), values.flat()],
    };
  }

  /** The sample of a seed. */
  async draw(seed: number): Promise<Sample> {
    const random = seededRandom(seed);
    const priorities = BigUint64Array.from(this.table.values[0]!, () => BigInt(Math.floor(random.next() * 2 ** 32)) << 32n); // prettier-ignore
    const scan = arrayScan(this.table, {
      priorities,
      ...(this.strata === null ? {} : { strata: this.strata }),
    });
    const keeping: BuildScan = {
      ...scan,
      scanStrata: async (keys, control) => (this.strata = await scan.scanStrata(keys, control)),
    };
    return await buildInMemory(keeping, this.method);
  }

  /** Asks a sample, read whole. */
  async ask(
    sample: Sample,
    sql: string,
    bounds: { readonly confidence: number; readonly simultaneous: boolean },
  ): Promise<GroupsReply> {
    const control = new RunControl(systemClock, {}, null, 0);
    const query = bindAggregate(sql, this.table.columns);
    const reading = await SampleReading.open(query, bounds, sample, drawnDesign, control);
    if (typeof reading === 'string') throw new Error(reading);
    const known = await reading.readTo(reading.limits.max);
    const rows = itemsOf(await reading.estimates.confirm(known));
    const choice = await reading.estimates.judge(known, finish(reading.missing(known)));
    return { query, rows, known, choice };
  }

  /** The rows of every look at a sample while it is read, and of its answer. @param levels of the looks but the last */
  async watch(sample: Sample, sql: string, confidence: number, levels: Levels): Promise<Look[]> {
    const control = new RunControl(systemClock, {}, null, 0);
    const query = bindAggregate(sql, this.table.columns);
    const bounds = { confidence, simultaneous: false };
    const reading = await SampleReading.open(query, bounds, sample, drawnDesign, control);
    if (typeof reading === 'string') throw new Error(reading);
    const looks: Look[] = [];
    const show = async (known: Known): Promise<void> => void looks.push({ rowsRead: reading.rowsRead, rows: itemsOf(await reading.estimates.confirm(known)) }); // prettier-ignore
    reading.looks = new Looks(reading, firstLimit, levels, 0, show);
    await show(await reading.readTo(reading.limits.max));
    return looks;
  }
}

/** Numbers from −3 to 3 in the form of a bell. */
export function bellNumbers(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    let sum = -3;
    for (let part = 0; part < 6; part++) sum += random.next();
    return sum;
  });
}
