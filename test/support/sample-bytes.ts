import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SampleFiles } from '../../src/samples/sample.ts';

/** The manifest of a sample, as the catalog of a data folder has it. */
export function manifestOf(dataDir: string, sample: string): SampleFiles {
  const catalog = new Sqlite(join(dataDir, 'catalog.sqlite'), { readonly: true });
  try {
    const files = catalog.prepare('SELECT files FROM samples WHERE name = ?').pluck().get(sample) as string; // declared TEXT NOT NULL
    return JSON.parse(files) as SampleFiles; // as the catalog has it
  } finally {
    catalog.close();
  }
}

/** Flips a bit of a file. */
function flipBit(file: string, byte: number, bit = 0): void {
  const content = readFileSync(file);
  content[byte]! ^= 1 << bit;
  writeFileSync(file, content);
}

/** Flips a bit in the values of a column of a sample, in a block. */
export function flipValue(dataDir: string, sample: string, column: string, block = 0): void {
  const { dataFile, data } = manifestOf(dataDir, sample);
  const { values } = data.columns.find(({ name }) => name === column)!.blocks[block]!; // the test names one that is there
  flipBit(join(dataDir, 'samples', dataFile), values.offset + Math.floor(values.length / 2), 3);
}

/** Flips a bit in a column of a sample's strata. */
export function flipStrata(dataDir: string, sample: string, column: string): void {
  const { strataFile, strata } = manifestOf(dataDir, sample);
  const { values } = strata.columns.find(({ name }) => name === column)!.blocks[0]!; // the test names one that is there
  flipBit(join(dataDir, 'samples', strataFile), values.offset, 2);
}
