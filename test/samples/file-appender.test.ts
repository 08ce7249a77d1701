import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem, type OpenFile } from '../../src/common/index.ts';
import { FileAppender } from '../../src/samples/file-appender.ts';
import { type Column, writeColumnFile } from '../../src/samples/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ballpark-appender-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `${files++}`);

const mebibyte = 2 ** 20;

/** A device that notes what it is asked for, and fails at one call, "sync 2", after it has done it. */
class WatchedDevice {
  /** Beginnings and ends of calls, in order. */
  readonly events: string[] = [];
  private readonly counts = { write: 0, sync: 0, close: 0 };

  constructor(private readonly failing: string | null = null) {}

  readonly files: FileSystem = {
    ...nodeFileSystem,
    open: async (path, mode) => this.watch(await nodeFileSystem.open(path, mode)),
  };

  private watch(file: OpenFile): OpenFile {
    return {
      read: (into, position) => file.read(into, position),
      write: (bytes, position) => this.call('write', () => file.write(bytes, position)),
      sync: () => this.call('sync', () => file.sync()),
      close: () => this.call('close', () => file.close()),
    };
  }

  private async call(what: keyof typeof this.counts, work: () => Promise<void>): Promise<void> {
    const name = `${what} ${++this.counts[what]}`;
    this.events.push(name);
    await work();
    this.events.push(`${name} ended`);
    if (name === this.failing) throw Object.assign(new Error(`planted: ${name}`), { code: 'EIO' });
  }

  /** Calls of a kind that were made. */
  calls(what: string): string[] {
    return this.events.filter((event) => event.startsWith(what) && !event.endsWith('ended'));
  }
}

/** Appends a chunk so many times, and waits until it is on the device. */
async function append(device: WatchedDevice, chunk: Uint8Array, times: number): Promise<number> {
  const file = await device.files.open(newPath(), 'create');
  const appender = new FileAppender(file);
  try {
    for (let time = 0; time < times; time++) await appender.append([chunk]);
    const bytes = await appender.finish();
    await appender.synced();
    return bytes;
  } finally {
    await appender.settle();
    await file.close();
  }
}

describe('what is appended', () => {
  test('is written one behind the other, whatever the lengths', async () => {
    const path = newPath();
    const file = await nodeFileSystem.open(path, 'create');
    const appender = new FileAppender(file);
    const lengths = [8, 0, 1, mebibyte / 2 - 9, mebibyte / 2, 3, 2 * mebibyte + 7, 5, mebibyte / 2 - 15, 0];
    const chunks = lengths.map((length, place) => Buffer.alloc(length, place + 1));
    await appender.append(chunks.slice(0, 4));
    await appender.append(chunks.slice(4, 5));
    await appender.append(chunks.slice(5));
    expect(await appender.finish()).toBe(lengths.reduce((sum, length) => sum + length));
    await appender.synced();
    await file.close();
    expect(readFileSync(path).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('is synced meanwhile, one sync at a time, the last behind all writes', async () => {
    const device = new WatchedDevice();
    const chunk = new Uint8Array(mebibyte);
    expect(await append(device, chunk, 100)).toBe(100 * mebibyte);
    const syncs = device.calls('sync');
    expect(syncs.length).toBeGreaterThan(2);
    const ofSyncs = device.events.filter((event) => event.startsWith('sync'));
    expect(ofSyncs).toEqual(syncs.flatMap((name) => [name, `${name} ended`]));
    const [first, last] = [device.events.indexOf('sync 1'), device.events.indexOf(syncs.at(-1)!)];
    expect(device.events.slice(0, first).length).toBeLessThan(device.calls('write').length);
    expect(device.events.slice(last).some((event) => event.startsWith('write'))).toBe(false);
  });

  test.each([1, 2, 3])('fails where sync %i fails, though later ones would not', async (number) => {
    const device = new WatchedDevice(`sync ${number}`);
    await expect(append(device, new Uint8Array(mebibyte), 70)).rejects.toThrow(`planted: sync ${number}`);
    expect(device.calls('sync').length).toBe(number);
  });
});

describe('a column file of many blocks', () => {
  const rows = 1_000_000;
  const values = Float64Array.from({ length: rows }, (_, row) => row / 3);
  const columns = ['a', 'b', 'c', 'd', 'e', 'f'].map(
    (name): Column => ({ name, sqlType: 'DOUBLE', storage: 'float64', values, validity: null, dictionary: null }), // prettier-ignore
  );

  /** Fails if anything was asked of the device, or was still under way, when the file was closed. */
  function expectQuietAtClose({ events }: WatchedDevice): void {
    expect(events.slice(-2)).toEqual(['close 1', 'close 1 ended']);
    const begun = events.filter((event) => !event.endsWith('ended'));
    const ended = events.filter((event) => event.endsWith('ended'));
    expect(ended.length).toBe(begun.length);
  }

  test.each(['write 1', 'write 2', 'write 40', 'write 92', 'sync 1', 'sync 2'])(
    'tells of a device that fails at %s, and closes the file when all is quiet',
    async (call) => {
      const device = new WatchedDevice(call);
      await expect(writeColumnFile(device.files, newPath(), columns, rows)).rejects.toThrow(
        `planted: ${call}`,
      );
      expect(device.events).toContain(call);
      expectQuietAtClose(device);
    },
  );

  const giveUpWhen = async (device: WatchedDevice, isEnough: () => boolean): Promise<void> => {
    const pause = (): Promise<void> => (isEnough() ? Promise.reject(new Error('enough')) : Promise.resolve());
    await expect(writeColumnFile(device.files, newPath(), columns, rows, { pause })).rejects.toThrow(
      'enough',
    );
    expectQuietAtClose(device);
  };

  test('that is given up is written no further', async () => {
    const device = new WatchedDevice();
    let pauses = 0;
    await giveUpWhen(device, () => ++pauses === 20);
    // Of 92 that all would take: at most what was given until then.
    expect(device.calls('write').length).toBeLessThan(30);
  });

  test('that is given up while it is synced is closed behind that', async () => {
    const device = new WatchedDevice();
    await giveUpWhen(device, () => device.events.includes('sync 1'));
    expect(device.calls('sync')).toEqual(['sync 1']);
  });
});
