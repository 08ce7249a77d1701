import duckdb from '@duckdb/node-bindings';
import type { DuckDBDataChunk } from '@duckdb/node-api';

/** The vectors of a chunk as bytes. Each is asked for once, however many use it: what stands for it outside the heap costs as much as copying it. */
export class ChunkVectors {
  private readonly vectors: (ReturnType<typeof duckdb.data_chunk_get_vector> | undefined)[] = [];
  private readonly held: (Uint8Array | undefined)[] = [];
  private readonly bitmaps: (Uint8Array | null | undefined)[] = [];

  constructor(readonly chunk: DuckDBDataChunk) {}

  get rows(): number {
    return this.chunk.rowCount;
  }

  /** The values of a vector. @param width bytes of each */
  bytes(place: number, width: number): Uint8Array {
    return (this.held[place] ??= duckdb.vector_get_data(this.vector(place), this.rows * width));
  }

  /** The strata, or what else is INTEGER. */
  integers(place: number): Int32Array {
    const { buffer, byteOffset } = this.bytes(place, 4);
    return new Int32Array(buffer, byteOffset, this.rows);
  }

  /** Which values of a vector are not NULL; null where all are. DuckDB has the bits in words of 64. */
  validity(place: number): Uint8Array | null {
    const known = this.bitmaps[place];
    if (known !== undefined) return known;
    const bits = duckdb.vector_get_validity(this.vector(place), Math.ceil(this.rows / 64) * 8);
    return (this.bitmaps[place] = bits === null || bits.length === 0 ? null : bits);
  }

  private vector(place: number): ReturnType<typeof duckdb.data_chunk_get_vector> {
    return (this.vectors[place] ??= duckdb.data_chunk_get_vector(this.chunk.chunk, place));
  }
}
