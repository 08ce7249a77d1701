import { expect, test } from 'vitest';
import type { ScanProgram } from '../../../src/executor/scan-program.ts';
import { KnownPrograms } from '../../../src/executor/threads/known-programs.ts';

/** As far as it matters here. */
const program = (interners = 0): ScanProgram => ({ interners, keyGroups: null }) as unknown as ScanProgram;

function watched(): { known: KnownPrograms; forgotten: number[] } {
  const forgotten: number[] = [];
  return { known: new KnownPrograms((number) => forgotten.push(number)), forgotten };
}

test('a program keeps its number', () => {
  const { known } = watched();
  const [a, b] = [program(), program()];
  expect(known.numberOf(a)).toBe(known.numberOf(a));
  expect(known.numberOf(a)).not.toBe(known.numberOf(b));
});

test('programs that are idle are kept, the latest sixteen', () => {
  const { known, forgotten } = watched();
  const programs = Array.from({ length: 20 }, () => program());
  const owner = {};
  for (const each of programs) {
    known.open(each, owner);
    known.close(each);
  }
  expect(forgotten).toEqual(programs.slice(0, 4).map((each) => known.numberOf(each)));
  // One that a scan reads by is not idle, however long ago it began.
  known.open(programs[4]!, owner);
  for (const each of Array.from({ length: 20 }, () => program())) {
    known.open(each, owner);
    known.close(each);
  }
  expect(forgotten).not.toContain(known.numberOf(programs[4]!));
});

test('one that remembers what it read is not kept', () => {
  const { known, forgotten } = watched();
  const once = program(1);
  known.open(once, {});
  known.close(once);
  expect(forgotten).toEqual([known.numberOf(once)]);
});

test('where columns are let go of, programs go with the last scan that reads by them', () => {
  const { known, forgotten } = watched();
  const [idle, read, other] = [program(), program(), program()];
  const [owner, another] = [{}, {}];
  for (const each of [idle, read]) known.open(each, owner);
  known.open(other, another);
  known.open(read, owner);
  for (const each of [idle, read, other]) known.close(each);
  known.letGo(owner);
  expect(forgotten).toEqual([known.numberOf(idle)]);
  known.close(read);
  expect(forgotten).toEqual([known.numberOf(idle), known.numberOf(read)]);
});
