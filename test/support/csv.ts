import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { doubleType, type Scalar, varcharType } from '../../src/plan/index.ts';
import type { ArrayTable } from './array-scan.ts';

/** A file of test/fixtures. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A plain CSV fixture (no quotes) as a table: columns of numbers are DOUBLE, others VARCHAR; nothing is NULL. */
export function readCsvTable(name: string): ArrayTable {
  const [header = '', ...lines] = readFileSync(fixturePath(name), 'utf8').trim().split('\n');
  const cells = lines.map((line) => line.split(','));
  const names = header.split(',');
  const texts = names.map((_, place) => cells.map((row) => row[place] ?? ''));
  const isNumeric = texts.map((column) =>
    column.every((text) => text === '' || Number.isFinite(Number(text))),
  );
  return {
    columns: names.map((each, place) => ({ name: each, type: isNumeric[place] ? doubleType : varcharType })),
    values: texts.map((column, place): Scalar[] =>
      column.map((text) => (text === '' ? null : isNumeric[place] ? Number(text) : text)),
    ),
  };
}
