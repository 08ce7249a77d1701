import type { SampleEntry } from '../catalog/index.ts';
import type { FileSystem } from '../common/index.ts';
import { openSample, type Sample } from '../samples/index.ts';

/** Samples in use: each opened once, its columns loaded as queries need them. */
export class SampleCache {
  private readonly open = new Map<number, Promise<Sample>>();

  constructor(
    private readonly files: FileSystem,
    private readonly folder: string,
  ) {}

  /** @throws QueryError DAMAGED_SAMPLE */
  async get(entry: SampleEntry): Promise<Sample> {
    const known = this.open.get(entry.id);
    if (known !== undefined) return await known;
    const opening = openSample(this.files, this.folder, entry.files);
    this.open.set(entry.id, opening);
    try {
      return await opening;
    } catch (error) {
      this.open.delete(entry.id);
      throw error;
    }
  }

  /** Closes a sample that is no longer in the catalog; queries that read it keep what they have loaded. */
  async forget(id: number): Promise<void> {
    const known = this.open.get(id);
    this.open.delete(id);
    await known?.then((sample) => sample.close());
  }

  async close(): Promise<void> {
    for (const id of this.open.keys()) await this.forget(id);
  }
}
