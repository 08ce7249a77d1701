import type { OpenFile } from '../common/index.ts';

/**
 * Bytes that are written at once: the Arrow writer gives each buffer of each column by itself, and the padding behind it. They are
 * gathered in one place, which stays in the processor's cache: fresh memory for each write takes longer than the write.
 */
const bytesAtOnce = 2 ** 19;

/** Bytes after which the device is told to begin, so that little is left to wait for at the end. */
const bytesUnsynced = 2 ** 25;

/** Writes a new file from its start to its end while its maker does other work. */
export class FileAppender {
  private readonly held = Buffer.allocUnsafe(bytesAtOnce);
  private heldBytes = 0;
  private position = 0;
  private syncedUpTo = 0;
  private appended = Promise.resolve();
  private syncing = Promise.resolve();

  constructor(private readonly file: OpenFile) {}

  /**
   * Writes chunks behind all others.
   * @returns when those before them are written: who waits for that always leaves the device something to do
   */
  append(chunks: readonly Uint8Array[]): Promise<void> {
    const before = this.appended;
    this.appended = before.then(() => this.gather(chunks));
    this.appended.catch(() => undefined); // told by the next, or at the end
    return before;
  }

  /** Writes what is left, and starts the last sync. @returns the file's bytes */
  async finish(): Promise<number> {
    await this.appended;
    if (this.heldBytes > 0) await this.write();
    await this.startSync();
    return this.position;
  }

  /** Returns when the last sync that was started has ended, well. */
  synced(): Promise<void> {
    return this.syncing;
  }

  /** Returns when nothing is written or synced any more, whatever came of it. */
  async settle(): Promise<void> {
    await this.appended.catch(() => undefined);
    await this.syncing.catch(() => undefined);
  }

  private async gather(chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      for (let from = 0; from < chunk.length;) {
        const part = chunk.subarray(from, from + bytesAtOnce - this.heldBytes);
        this.held.set(part, this.heldBytes);
        this.heldBytes += part.length;
        from += part.length;
        if (this.heldBytes === bytesAtOnce) await this.write();
      }
    }
  }

  private async write(): Promise<void> {
    await this.file.write(this.held.subarray(0, this.heldBytes), this.position);
    this.position += this.heldBytes;
    this.heldBytes = 0;
    if (this.position - this.syncedUpTo >= bytesUnsynced) await this.startSync();
  }

  /** Syncs one after the other. A device may tell of what it lost once: after a sync that failed there is no other. */
  private async startSync(): Promise<void> {
    await this.syncing;
    this.syncedUpTo = this.position;
    this.syncing = this.file.sync();
    this.syncing.catch(() => undefined); // told by the next, or at the end
  }
}
