import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { parseMemory, parseNamedParam, parseParamValue, wholeNumber } from '../../src/cli/option-values.ts';

test.each([
  ['12', 12],
  ['-0.5', -0.5],
  ['1e3', 1000],
  ['.5', 0.5],
  ['9007199254740993', 9007199254740993n],
  ['007', '007'],
  ['1.2.3', '1.2.3'],
  ['e5', 'e5'],
  ['-', '-'],
  ['', ''],
  ['TRUE', true],
  ['null', null],
  ['ATL', 'ATL'],
  ["'12'", '12'],
  ["'it''s'", "it's"],
  ["'", "'"],
])('the value %s', (text, value) => {
  expect(parseParamValue(text)).toBe(value);
});

test('named values', () => {
  expect(parseNamedParam('a=b=c')).toEqual(['a', 'b=c']);
  expect(parseNamedParam(':a=')).toEqual(['a', '']);
  for (const text of ['a', '=1', '']) expect(() => parseNamedParam(text)).toThrow(InvalidArgumentError);
});

test.each([
  ['536870912', 536_870_912],
  ['512MB', 512e6],
  ['1.5 gib', 1.5 * 2 ** 30],
])('the memory %s', (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});

test.each(['', 'MB', '12XB', '-5GB', '10MB', '1e9'])('not the memory %s', (text) => {
  expect(() => parseMemory(text)).toThrow(InvalidArgumentError);
});

test('whole numbers within limits', () => {
  const parse = wholeNumber(1, 10);
  expect(parse('10')).toBe(10);
  for (const text of ['0', '11', '1.5', '-1', 'x', ''])
    expect(() => parse(text)).toThrow(InvalidArgumentError);
});
