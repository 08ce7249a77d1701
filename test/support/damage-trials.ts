import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Alert, type Engine, openEngine, QueryError, type QueryResult } from '../../src/index.ts';
import { writeRows } from './duckdb.ts';
import { manifestOf } from './sample-bytes.ts';

/** Questions for every route: counts, sums, groups, exact totals of strata, quantiles, keys, text, bounds. */
const questions = [
  'SELECT COUNT(*) FROM t WHERE x % 3 = 0',
  "SELECT SUM(x), AVG(y) FROM t WHERE g = 'g3'",
  'SELECT g, COUNT(*), AVG(x) FROM t WHERE y > 10 GROUP BY g ORDER BY g',
  'SELECT g, COUNT(*), SUM(x), MAX(y) FROM t GROUP BY g ORDER BY g',
  'SELECT MEDIAN(x) FROM t WHERE y < 30',
  "SELECT g, MEDIAN(y), STDDEV(x) FROM t WHERE g <> 'g3' GROUP BY g ORDER BY g",
  "SELECT QUANTILE_CONT(x, 0.9) FROM t WHERE g = 'g5'",
  'SELECT COUNT(DISTINCT visitor) FROM t WHERE y > 10',
  "SELECT COUNT(*), AVG(y) FROM t WHERE word LIKE 'w1%'",
  'SELECT SUM(y) FROM t WHERE x > 1000 ERROR WITHIN 5% ON MISS BEST EFFORT',
  "SELECT VAR_SAMP(x) FROM t WHERE day >= DATE '2020-02-01'",
];

const table = `SELECT i AS x, (i * 7919) % 97 AS y, 'g' || (i % 7) AS g, (i * 31) % 5003 AS visitor,
  CASE WHEN i % 11 = 0 THEN NULL ELSE 'w' || (i % 40) END AS word, DATE '2020-01-01' + CAST(i % 90 AS INTEGER) AS day FROM range(160000) t(i)`;

/** Each sample, as it is drawn, with another that is drawn likewise. */
const samples = [
  ['u', 'UNIFORM 140000 ROWS'],
  ['s', 'STRATIFIED BY (g) CAP 500'],
  ['v', 'UNIVERSE BY (visitor) 20%'],
] as const;

/** Where an answer came from: its route, its sample. */
const originOf = ({ answer }: QueryResult): string => `${answer.mode} ${answer.sample?.name ?? ''}`;

/** All that an answer says of the data. */
function contentOf(result: QueryResult): string {
  const { rows, marks, answer } = result.toJSON();
  return JSON.stringify([rows, marks, answer.met, answer.sample?.rowsRead ?? null, answer.missingRowsMax]);
}

/** A way to damage a file; in words what was done. */
export type Damage = (file: string, random: () => number) => string;

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)]!; // random() < 1

/** What a trial came to. */
export interface TrialOutcome {
  readonly wrong: readonly string[];
  /** Longest answer. */
  readonly longestMs: number;
  /** Samples that were found damaged. */
  readonly quarantined: number;
  readonly answers: number;
}

/** What a trial with the catalog came to. */
export interface CatalogOutcome {
  readonly wrong: readonly string[];
  /** Codes of errors. */
  readonly refused: ReadonlySet<string>;
  /** An answer came from elsewhere than the sound engine's. */
  readonly leftOut: boolean;
}

/** A data folder with samples, what is right to answer from it, and trials with its files damaged. */
export class DamageTrials {
  /**
   * By question and origin what the sound engine answers. How often a sample is probed beside others decides the order of its sums,
   * and so their last digits: there may be several.
   */
  private readonly right = new Map<string, Set<string>>();
  /** By question where the sound engine's answer comes from. */
  private readonly origin = new Map<string, string>();

  private constructor(
    private readonly folder: string,
    /** Files of the samples, and what stood in their place before. */
    readonly files: readonly string[],
    private readonly older: string,
  ) {}

  /** Makes the folder. */
  static async open(): Promise<DamageTrials> {
    const folder = mkdtempSync(join(tmpdir(), 'ballpark-damage-'));
    await writeRows(join(folder, 't.parquet'), table);
    const [sound, older] = [join(folder, 'sound'), join(folder, 'older')];
    for (const [dataDir, seed] of [[sound, 1], [older, 2]] as const) {
      await using engine = await openEngine({ dataDir, allowedPaths: [folder], threads: 2 });
      await engine.query(`CREATE TABLE t FROM '${join(folder, 't.parquet')}'`);
      for (const [name, method] of samples)
        await engine.query(`CREATE SAMPLE ${name} ON t ${method} SEED ${seed}`);
    } // prettier-ignore
    const files = samples.flatMap(([name]) => {
      const { dataFile, strataFile } = manifestOf(sound, name);
      return [dataFile, strataFile];
    });
    const trials = new DamageTrials(folder, files, older);
    await trials.learnAnswers();
    return trials;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Damage that only the folder knows how to do: another sample's file, the same sample's of another seed. */
  get exchanges(): readonly Damage[] {
    return [
      (file, random) => {
        const name = pick(this.files, random);
        cpSync(join(this.folder, 'sound', 'samples', name), file);
        return `exchanged for ${name}`;
      },
      (file) => {
        cpSync(join(this.older, 'samples', file.slice(file.lastIndexOf('/') + 1)), file);
        return 'exchanged for one of another seed';
      },
    ];
  }

  /** Damages a file of the samples and asks so many questions of an engine that is opened then. */
  async tryDamage(damage: Damage, random: () => number, asked: number): Promise<TrialOutcome> {
    const dataDir = this.copy();
    const name = pick(this.files, random);
    const done = `${name} ${damage(join(dataDir, 'samples', name), random)}`;
    return await this.ask(dataDir, done, random, asked);
  }

  /**
   * Damages the catalog and asks so many questions of an engine that is opened then. Errors are no wrong answers, if they say what is
   * wrong.
   */
  async tryCatalog(random: () => number, asked: number): Promise<CatalogOutcome> {
    const dataDir = this.copy();
    const done = `catalog: ${flipOneBit(join(dataDir, 'catalog.sqlite'), random)}`;
    const outcome = { refused: new Set<string>(), wrong: [] as string[], leftOut: false };
    const attempt = async (what: string, work: () => Promise<string | null>): Promise<boolean> => {
      try {
        const fault = await work();
        if (fault !== null) outcome.wrong.push(`${done}: ${what}: ${fault}`);
        return true;
      } catch (error) {
        if (error instanceof QueryError) outcome.refused.add(error.code);
        else outcome.wrong.push(`${done}: ${what}: ${String(error)}`);
        return false;
      }
    };
    let engine: Engine | undefined;
    const open = async (): Promise<null> => {
      engine = await openEngine({ dataDir, allowedPaths: [this.folder], threads: 2 });
      return null;
    };
    if (!(await attempt('opening', open)) || engine === undefined) return outcome;
    const opened = engine;
    for (let place = 0; place < asked; place++) {
      const question = pick(questions, random);
      await attempt(question, async () => {
        const result = await opened.query(question);
        outcome.leftOut ||= originOf(result) !== this.origin.get(question);
        const right = this.right.get(`${question}\n${originOf(result)}`);
        return right?.has(contentOf(result)) === true ? null : `${originOf(result)} ${contentOf(result)}`;
      });
    }
    await attempt('closing', async () => {
      await opened.close();
      return null;
    });
    return outcome;
  }

  /** A copy of the sound folder. */
  copy(): string {
    const dataDir = join(this.folder, 'trial');
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(join(this.folder, 'sound'), dataDir, { recursive: true });
    return dataDir;
  }

  /** Asks questions of a folder. @param done what was done to it, in words @throws QueryError where it cannot be opened */
  async ask(dataDir: string, done: string, random: () => number, asked: number): Promise<TrialOutcome> {
    const alerts: Alert[] = [];
    const onAlert = (alert: Alert): void => void alerts.push(alert);
    const wrong: string[] = [];
    let longestMs = 0;
    await using engine = await openEngine({ dataDir, allowedPaths: [this.folder], threads: 2, onAlert });
    for (let place = 0; place < asked; place++) {
      const question = pick(questions, random);
      const startMs = performance.now();
      const result = await engine.query(question);
      longestMs = Math.max(longestMs, performance.now() - startMs);
      const fault = this.faultOf(question, result, alerts);
      if (fault !== null) wrong.push(`${done}: ${question}: ${fault}`);
    }
    return { wrong, longestMs, quarantined: alerts.length, answers: asked };
  }

  /** What is wrong with an answer; null: nothing. */
  private faultOf(question: string, result: QueryResult, alerts: readonly Alert[]): string | null {
    const origin = originOf(result);
    const right = this.right.get(`${question}\n${origin}`);
    if (alerts.length === 0 && origin !== this.origin.get(question)) return `from ${origin} without need`;
    if (alerts.some(({ sample }) => sample === result.answer.sample?.name))
      return `from the damaged ${origin}`;
    if (right === undefined) return `unexpected origin ${origin}`;
    return right.has(contentOf(result)) ? null : `${contentOf(result)} instead of ${[...right].join(' or ')}`;
  }

  /** Answers with all samples, and without each, any two, and all of them. */
  private async learnAnswers(): Promise<void> {
    const names = samples.map(([name]) => name);
    for (let without = 0; without < 2 ** names.length; without++) {
      await using engine = await openEngine({
        dataDir: this.copy(),
        allowedPaths: [this.folder],
        threads: 2,
      });
      for (const [place, name] of names.entries())
        if ((without >> place) % 2 === 1) await engine.query(`DROP SAMPLE ${name}`);
      for (const question of questions) await this.learn(engine, question, without === 0);
    }
  }

  private async learn(engine: Engine, question: string, isWhole: boolean): Promise<void> {
    const result = await engine.query(question);
    const place = `${question}\n${originOf(result)}`;
    this.right.set(place, (this.right.get(place) ?? new Set()).add(contentOf(result)));
    if (isWhole) this.origin.set(question, originOf(result));
  }
}

/** Flips one bit of the file. */
export const flipOneBit: Damage = (file, random) => {
  const content = readFileSync(file);
  const at = Math.floor(random() * content.length);
  const bit = Math.floor(random() * 8);
  content[at]! ^= 1 << bit;
  writeFileSync(file, content);
  return `bit ${bit} of byte ${at} flipped`;
};

/** Cuts the file off anywhere. */
export const truncate: Damage = (file, random) => {
  const bytes = Math.floor(random() * readFileSync(file).length);
  truncateSync(file, bytes);
  return `cut off at ${bytes}`;
};

/** Appends bytes, empties the file, removes it. */
export const otherDamage: readonly Damage[] = [
  (file) => {
    writeFileSync(file, new Uint8Array(100), { flag: 'a' });
    return 'extended';
  },
  (file) => {
    truncateSync(file, 0);
    return 'emptied';
  },
  (file) => {
    unlinkSync(file);
    return 'removed';
  },
];
