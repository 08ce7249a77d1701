import {
  allocateShared,
  bitmapBytes,
  bytesOf,
  bytesPerValue,
  type Dictionary,
  type SharedArray,
  SharedRoom,
  type Storage,
} from '../columns/index.ts';
import type { FileSystem } from '../common/index.ts';
import type { ColumnFileManifest, ColumnManifest, Extent } from './column-file.ts';
import { decodeDictionary } from './encode-dictionary.ts';
import { fileInMemory, type ReadableFile } from './file-in-memory.ts';
import type { ColumnReader, HeldColumn } from './held-columns.ts';
import { SampleFault } from './sample-fault.ts';
import { sha256 } from './sha256.ts';
import { Turns } from './turns.ts';

/** One is on its way while another is checked. More would take threads that all files and DuckDB share, for long where a device is slow. */
const readsAtOnce = 2;

/** A column as kernels see it: contiguous over all blocks, filled from the front as far as it has been loaded. */
export interface LoadedColumn extends HeldColumn {
  readonly manifest: ColumnManifest;
  /** Where its values and validity lie, with those of the file's other columns; null: one of them has a buffer of its own. */
  readonly memory: WebAssembly.Memory | null;
}

/** A part of a block, on its way into its place. Nothing else is read into that place before it was checked or has failed. */
interface BlockPart {
  readonly extent: Extent;
  readonly into: Uint8Array;
  /** Bytes that were read. */
  readonly read: Promise<number>;
}

interface ColumnState {
  readonly column: LoadedColumn;
  /** So many were read and checked. */
  blocksLoaded: number;
  /** Those that are on their way, or there and not checked yet. */
  readonly begun: Map<number, readonly BlockPart[]>;
  /** What was filled of it, bytes. */
  bytesLoaded: number;
  /** Ends when the last load that was asked for has ended; loads of one column go one after the other. */
  pending: Promise<void>;
}

/**
 * Reads a column file: just the columns and blocks that are asked for, into shared memory, each buffer checked against its hash
 * before its first use.
 */
export class ColumnFileReader implements ColumnReader {
  private readonly states = new Map<string, Promise<ColumnState>>();
  private readonly loaded: ColumnState[] = [];
  private readonly reads = new Turns(readsAtOnce);

  private constructor(
    private readonly file: ReadableFile,
    private readonly path: string,
    readonly manifest: ColumnFileManifest,
    private readonly room: SharedRoom | null,
  ) {}

  /**
   * @param atOnce all of it will be read: in one go
   * @throws QueryError DAMAGED_SAMPLE where the file is missing or has another length than the manifest says
   */
  static async open(
    files: FileSystem,
    path: string,
    manifest: ColumnFileManifest,
    atOnce = false,
  ): Promise<ColumnFileReader> {
    const found = await files.stat(path);
    if (found?.bytes !== manifest.byteLength) {
      const state =
        found === null ? 'is missing' : `has ${found.bytes} bytes instead of ${manifest.byteLength}`;
      throw new SampleFault('damaged', `the sample file ${path} ${state}`);
    }
    const file = await files.open(path, 'read');
    const source = atOnce ? await fileInMemory(file, manifest.byteLength) : file;
    const reader = new ColumnFileReader(source, path, manifest, atOnce ? null : roomFor(manifest));
    try {
      await reader.readBytes(manifest.head);
    } catch (error) {
      await reader.close();
      throw error;
    }
    return reader;
  }

  /**
   * The column with at least its first rows filled.
   * @throws QueryError DAMAGED_SAMPLE where what the file holds is not what was written
   */
  async load(name: string, rows: number): Promise<LoadedColumn> {
    const state = await this.stateOf(name);
    const blocks = Math.ceil(Math.min(rows, this.manifest.rows) / this.manifest.blockRows);
    if (state.blocksLoaded < blocks) {
      const load = state.pending.then(() => this.loadBlocks(state, blocks));
      // A failed load is its caller's to report; the next one starts anew.
      state.pending = load.catch(() => undefined);
      await load;
    }
    return state.column;
  }

  /**
   * Begins to read what {@link load} will be asked for next, as far as a column has been begun. Nothing of it is used before it was
   * loaded, and nobody hears of what fails before.
   */
  readAhead(name: string, rows: number): void {
    const state = this.loaded.find(({ column }) => column.manifest.name === name);
    if (state === undefined) return;
    const blocks = Math.ceil(Math.min(rows, this.manifest.rows) / this.manifest.blockRows);
    for (let block = state.blocksLoaded; block < blocks; block++) this.begin(state, block);
  }

  /** Bytes that loading the first rows of a column would read, its dictionary not counted. */
  bytesToLoad(name: string, rows: number): number {
    const column = this.manifest.columns.find((each) => each.name === name);
    if (column === undefined) return 0;
    const blocks = Math.ceil(Math.min(rows, this.manifest.rows) / this.manifest.blockRows);
    const loaded = this.loaded.find((each) => each.column.manifest === column)?.blocksLoaded ?? 0;
    if (loaded >= blocks) return 0;
    return column.blocks.slice(loaded, blocks).reduce((sum, each) => sum + bytesOfBlock(each), 0);
  }

  /** Memory that columns take as far as they have been filled, bytes: what was not is not committed. */
  get bytesLoaded(): number {
    return this.loaded.reduce((sum, { bytesLoaded }) => sum + bytesLoaded, 0);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private stateOf(name: string): Promise<ColumnState> {
    const known = this.states.get(name);
    if (known !== undefined) return known;
    const made = this.makeState(name);
    this.states.set(name, made);
    made.catch(() => this.states.delete(name));
    return made;
  }

  private async makeState(name: string): Promise<ColumnState> {
    const manifest = this.manifest.columns.find((column) => column.name === name);
    if (manifest === undefined) throw new Error(`no column ${name} in ${this.path}`);
    const { rows } = this.manifest;
    const own = (storage: Storage, length: number): SharedArray =>
      this.room?.allocate(storage, length) ?? { array: allocateShared(storage, length), memory: null };
    const values = own(manifest.storage, rows);
    const validity = manifest.nullable ? own('uint8', bitmapBytes(rows)) : null;
    const column: LoadedColumn = {
      manifest,
      values: values.array,
      validity: (validity?.array ?? null) as Uint8Array | null, // its storage
      memory: validity?.memory === null ? null : values.memory,
      dictionary: manifest.dictionary === null ? null : await this.readDictionary(manifest.dictionary),
    };
    const head = manifest.dictionary === null ? 0 : manifest.dictionary.bytes.length;
    const state: ColumnState = {
      column,
      blocksLoaded: 0,
      begun: new Map(),
      bytesLoaded: head,
      pending: Promise.resolve(),
    };
    this.loaded.push(state);
    return state;
  }

  private async readDictionary(described: NonNullable<ColumnManifest['dictionary']>): Promise<Dictionary> {
    const offsetBytes = await this.readBytes(described.offsets);
    const bytes = await this.readBytes(described.bytes);
    const offsets = new Int32Array(offsetBytes.buffer, 0, described.entries + 1);
    return decodeDictionary({ offsets, bytes });
  }

  private async loadBlocks(state: ColumnState, upTo: number): Promise<void> {
    const { manifest, validity } = state.column;
    const { blockRows, rows } = this.manifest;
    while (state.blocksLoaded < upTo) {
      const block = state.blocksLoaded;
      const described = manifest.blocks[block]!; // block < number of blocks
      const parts = this.begin(state, block);
      try {
        for (const { extent, into, read } of parts) this.check(extent, into, await read);
      } catch (error) {
        // What is still on its way must not come into what is read anew.
        await Promise.allSettled(parts.map(({ read }) => read));
        throw error;
      } finally {
        state.begun.delete(block);
      }
      if (validity !== null && described.validity === null)
        bitsOfBlock(validity, block * blockRows, Math.min(blockRows, rows - block * blockRows)).fill(0xff);
      state.blocksLoaded++;
      state.bytesLoaded += bytesOfBlock(described);
    }
  }

  /** Begins to read a block, unless that was done. */
  private begin(state: ColumnState, block: number): readonly BlockPart[] {
    const known = state.begun.get(block);
    if (known !== undefined) return known;
    const { manifest, values, validity } = state.column;
    const { blockRows, rows } = this.manifest;
    const described = manifest.blocks[block]!; // block < number of blocks
    const start = block * blockRows;
    const rowBytes = bytesPerValue(manifest.storage);
    const parts = [
      this.part(described.values, bytesOf(values).subarray(start * rowBytes, start * rowBytes + described.values.length)),
    ]; // prettier-ignore
    if (validity !== null && described.validity !== null)
      parts.push(
        this.part(described.validity, bitsOfBlock(validity, start, Math.min(blockRows, rows - start))),
      );
    state.begun.set(block, parts);
    return parts;
  }

  private part(extent: Extent, into: Uint8Array): BlockPart {
    const read = this.read(extent, into);
    // Whoever loads the block is told, if anybody does.
    read.catch(() => undefined);
    return { extent, into, read };
  }

  private async readBytes(extent: Extent): Promise<Uint8Array> {
    const bytes = new Uint8Array(extent.length);
    await this.readInto(extent, bytes);
    return bytes;
  }

  private async readInto(extent: Extent, into: Uint8Array): Promise<void> {
    this.check(extent, into, await this.read(extent, into));
  }

  private read(extent: Extent, into: Uint8Array): Promise<number> {
    return this.reads.run(() => this.file.read(into, extent.offset));
  }

  /** @throws SampleFault where the bytes that were read are not those that were written */
  private check(extent: Extent, bytes: Uint8Array, read: number): void {
    const sound = read === extent.length && sha256(bytes) === extent.sha256;
    if (!sound)
      throw new SampleFault(
        'damaged',
        `the sample file ${this.path} is damaged in the ${extent.length} bytes from ${extent.offset} on`,
      );
  }
}

/** Room for all columns of a file. */
function roomFor({ rows, columns }: ColumnFileManifest): SharedRoom {
  const bits = columns.filter(({ nullable }) => nullable).map(() => bitmapBytes(rows));
  return new SharedRoom([...columns.map(({ storage }) => rows * bytesPerValue(storage)), ...bits]);
}

/** The bits of a block's rows. @param start the first, a multiple of 8 */
function bitsOfBlock(validity: Uint8Array, start: number, rows: number): Uint8Array {
  return validity.subarray(start / 8, start / 8 + bitmapBytes(rows));
}

function bytesOfBlock({ values, validity }: ColumnManifest['blocks'][number]): number {
  return values.length + (validity?.length ?? 0);
}
