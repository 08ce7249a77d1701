import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { answerFileName, type JobAnswerFile, type JobStore } from '../../catalog/index.ts';
import { type FileSystem, type OpenFile, type Pause, QueryError, storageError } from '../../common/index.ts';
import type { Fence } from '../../leases/index.ts';

/** Bytes that are written, or read, at once. */
const pieceBytes = 2 ** 18;

/** Final answers, a file each: those of 10^5 groups have no place in a transaction. */
export class JobResults {
  constructor(
    private readonly files: FileSystem,
    private readonly folder: string,
    private readonly store: JobStore,
  ) {}

  /**
   * Writes an answer: when it resolves, the device has it. It is nobody's until a job names it.
   * @param text the answer's JSON in pieces
   * @param pause lets others go on between them
   * @throws QueryError STORAGE; what the pause rejects with
   */
  async write(job: number, { token }: Fence, text: Iterable<string>, pause: Pause): Promise<JobAnswerFile> {
    const name = answerFileName(job, token);
    const path = join(this.folder, name);
    const temporary = `${path}.tmp`;
    try {
      const file = await this.files.open(temporary, 'create');
      const written = await this.writeAll(file, text, pause);
      await this.files.rename(temporary, path);
      await this.files.syncFolder(this.folder);
      return { name, ...written };
    } catch (error) {
      throw storageError(error, 'write the answer of a job');
    }
  }

  private async writeAll(
    file: OpenFile,
    text: Iterable<string>,
    pause: Pause,
  ): Promise<Omit<JobAnswerFile, 'name'>> {
    const hash = createHash('sha256');
    let [held, heldBytes, position] = [[] as Buffer[], 0, 0];
    const write = async (): Promise<void> => {
      const piece = Buffer.concat(held);
      hash.update(piece);
      await file.write(piece, position);
      position += piece.length;
      [held, heldBytes] = [[], 0];
    };
    try {
      for (const each of text) {
        const bytes = Buffer.from(each);
        held.push(bytes);
        heldBytes += bytes.length;
        if (heldBytes >= pieceBytes) await write();
        await pause();
      }
      await write();
      await file.sync();
    } finally {
      await file.close();
    }
    return { bytes: position, sha256: hash.digest('hex') };
  }

  /**
   * The bytes of an answer, a piece at a time. The last one comes when all are known to be what was written.
   * @throws QueryError STORAGE
   */
  async *read({ name, bytes, sha256 }: JobAnswerFile): AsyncGenerator<Uint8Array, void, undefined> {
    let file: OpenFile;
    try {
      file = await this.files.open(join(this.folder, name), 'read');
    } catch (error) {
      throw unreadable(error);
    }
    try {
      const hash = createHash('sha256');
      for (let position = 0; position < bytes; position += pieceBytes) {
        const piece = new Uint8Array(Math.min(pieceBytes, bytes - position));
        const read = await file.read(piece, position);
        hash.update(piece);
        const isLast = position + piece.length === bytes;
        if (read < piece.length || (isLast && hash.digest('hex') !== sha256))
          throw new QueryError('STORAGE', 'the answer of the job is damaged: run its statement again');
        yield piece;
      }
    } catch (error) {
      throw unreadable(error);
    } finally {
      await file.close();
    }
  }

  /** Removes files that are nobody's: of jobs that were forgotten, of runners that are gone. @throws QueryError STORAGE */
  async collect(): Promise<void> {
    try {
      for (const name of this.store.nobodysFiles(await this.files.list(this.folder)))
        await this.files.remove(join(this.folder, name));
    } catch (error) {
      throw storageError(error, 'remove answers of jobs');
    }
  }
}

const unreadable = (error: unknown): unknown => storageError(error, 'read the answer of the job');
