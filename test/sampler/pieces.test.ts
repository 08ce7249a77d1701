import { describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { finish, type FileSystem, QueryError, seededRandom } from '../../src/common/index.ts';
import type { Scalar } from '../../src/plan/index.ts';
import { buildSample, mergeSamples, orderRows } from '../../src/sampler/index.ts';
import { openSample } from '../../src/samples/index.ts';
import type { Control } from '../../src/sources/index.ts';
import { type ArrayTable, arrayScan } from '../support/array-scan.ts';
import { memoryFiles } from '../support/memory-files.ts';

/*
 * Builds pause in every phase, which changes nothing in the files, and can be cancelled at every pause, which leaves nothing behind.
 */

const rows = 3000;
const random = seededRandom(5);
const draw = (make: (u: number) => Scalar): Scalar[] =>
  Array.from({ length: rows }, () => make(random.next()));
const table: ArrayTable = {
  columns: [
    { name: 'g', type: { kind: 'text' } },
    { name: 'x', type: { kind: 'double' } },
    { name: 'n', type: { kind: 'integer', bits: 32, signed: true } },
  ] as ArrayTable['columns'],
  values: [
    draw((u) => 'abcde'[Math.floor(5 * u ** 2)]!),
    draw((u) => (u < 0.1 ? null : 100 * u)),
    draw((u) => Math.floor(1000 * u)),
  ],
};
const priorities = BigUint64Array.from(
  { length: rows },
  () => BigInt(Math.floor(random.next() * 2 ** 53)) << 11n,
);
const keyPriorities = new Map(Array.from('abcde', (key, place) => [key, place / 5]));

const methods: readonly SamplingMethod[] = [
  { kind: 'uniform', unit: 'rows', amount: 1000 },
  { kind: 'stratified', columns: ['g'], cap: 200 },
  { kind: 'universe', columns: ['g'], percent: 50 },
];

const build = (files: FileSystem, method: SamplingMethod, control: Control): Promise<{ files: unknown }> =>
  buildSample(
    files,
    arrayScan(table, { priorities, keyPriorities }),
    { method, seed: 1, folder: '/samples', number: 1 },
    control,
  );

async function merge(
  files: FileSystem,
  method: SamplingMethod,
  control: Control,
): Promise<{ files: unknown }> {
  if (method.kind !== 'uniform' && method.kind !== 'stratified') throw new Error('merges are of rows');
  const own = memoryFiles();
  const built = await buildSample(
    own,
    arrayScan(table, { priorities, keyPriorities }),
    { method, seed: 1, folder: '/samples', number: 1 },
    {},
  );
  const part = { sample: await openSample(own, '/samples', built.files), method };
  const request = { columns: table.columns, folder: '/samples', number: 2 };
  return await mergeSamples(files, [part, part], request, control);
}

/** The bytes of all files. */
async function contentOf(files: FileSystem): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for (const path of await files.list('/samples')) {
    const bytes = new Uint8Array((await files.stat(path))!.bytes);
    await (await files.open(path, 'read')).read(bytes, 0);
    content.set(path, Buffer.from(bytes).toString('base64'));
  }
  return content;
}

const works = [
  ...methods.map((method) => ({ name: `a build, ${method.kind}`, method, run: build })),
  ...methods.slice(0, 2).map((method) => ({ name: `a merge, ${method.kind}`, method, run: merge })),
];

describe.each(works)('$name', ({ method, run }) => {
  test('with pauses writes the same bytes', async () => {
    const [plain, paused] = [memoryFiles(), memoryFiles()];
    const described = await run(plain, method, {});
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses++;
      await new Promise((resume) => setImmediate(resume));
    };
    expect(await run(paused, method, { pause })).toEqual(described);
    expect((await contentOf(plain)).size).toBe(2);
    expect(await contentOf(paused)).toEqual(await contentOf(plain));
    expect(pauses).toBeGreaterThan(20);
  });

  test('cancelled at any pause leaves nothing behind', async () => {
    let all = 0;
    await run(memoryFiles(), method, { pause: () => Promise.resolve(void all++) });
    for (let last = 1; last <= all; last++) {
      const files = memoryFiles();
      let pauses = 0;
      const pause = (): Promise<void> =>
        ++pauses < last ? Promise.resolve() : Promise.reject(new QueryError('CANCELLED', 'enough'));
      await expect(run(files, method, { pause })).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(pauses).toBe(last);
      expect(await files.list('/samples')).toEqual([]);
    }
  });

  test('ends where its signal has fired, whatever the pause', async () => {
    const files = memoryFiles();
    const signal = AbortSignal.abort();
    await expect(run(files, method, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await files.list('/samples')).toEqual([]);
  });
});

describe('the order of more rows than one piece takes', () => {
  const [many, strata, cap] = [200_000, 7, 20_000];
  const stratum = Int32Array.from({ length: many }, () => Math.floor(strata * random.next() ** 3));
  // Few leading bits, so that many rows tie in them, across the bounds of pieces too.
  const priority = BigUint64Array.from(
    { length: many },
    () => (BigInt(Math.floor(random.next() * 2 ** 17)) << 47n) + BigInt(Math.floor(random.next() * 2 ** 40)),
  );
  const { order, sizes } = finish(orderRows(stratum, priority, new Float64Array(strata).fill(cap), 1));

  test('holds of each stratum the smallest priorities, by rank', () => {
    for (let h = 0; h < strata; h++) {
      const own = [...stratum.keys()].filter((row) => stratum[row] === h);
      own.sort((a, b) => Number(priority[a]! - priority[b]!));
      expect([...order].filter((row) => stratum[row] === h)).toEqual(own.slice(0, cap));
      expect(sizes[h]).toBe(Math.min(cap, own.length));
    }
  });

  test('yields now and then', () => {
    let pieces = 0;
    for (
      const work = orderRows(stratum, priority, new Float64Array(strata).fill(cap), 1);
      work.next().done !== true;
    )
      pieces++;
    // Each of more than ten loops takes four pieces.
    expect(pieces).toBeGreaterThan(40);
  });
});
