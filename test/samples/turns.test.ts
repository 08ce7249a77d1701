import { expect, test } from 'vitest';
import { Turns } from '../../src/samples/turns.ts';

/** Work that ends when it is told to, and says when it begins. */
function piece(name: string, log: string[]) {
  let [resolve, reject] = [(_name: string): void => undefined, (_error: Error): void => undefined];
  const promise = new Promise<string>((...settle) => ([resolve, reject] = settle));
  const work = (): Promise<string> => {
    log.push(`${name} begins`);
    return promise;
  };
  return { work, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

test('so many are under way at once; the next begins before the end of another is heard of', async () => {
  const log: string[] = [];
  const turns = new Turns(2);
  const pieces = ['a', 'b', 'c', 'd'].map((name) => piece(name, log));
  const runs = pieces.map(({ work }) => turns.run(work).then((name) => log.push(`${name} ends`)));
  await Promise.resolve();
  expect(log).toEqual(['a begins', 'b begins']);
  pieces[1]!.end();
  await runs[1];
  expect(log.slice(2)).toEqual(['c begins', 'b ends']);
  for (const { end } of pieces) end();
  await Promise.all(runs);
  expect(log.toSorted().slice(-2)).toEqual(['d begins', 'd ends']);
});

test('what fails gives its turn on', async () => {
  const log: string[] = [];
  const turns = new Turns(1);
  const [first, second] = [piece('a', log), piece('b', log)];
  const failing = turns.run(first.work);
  const waiting = turns.run(second.work);
  first.fail();
  await expect(failing).rejects.toThrow('a');
  second.end();
  expect(await waiting).toBe('b');
  // Nobody waits: the next begins at once.
  const third = piece('c', log);
  const last = turns.run(third.work);
  expect(log).toEqual(['a begins', 'b begins', 'c begins']);
  third.end();
  await last;
});
