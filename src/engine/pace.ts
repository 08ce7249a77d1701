/** Rows a millisecond before anything was measured: low enough that a first prediction errs on the slow side. */
const firstRowsPerMs = 50_000;
/** Weight of the latest run in the average. */
const latestWeight = 0.3;
/** Runs shorter than this say more about the clock than about the kernel. */
const rowsMin = 20_000;

/** How fast scans have been in this process, for predictions. */
export class Pace {
  private rowsPerMs = firstRowsPerMs;

  /** Learns from a scan. */
  learn(rows: number, elapsedMs: number): void {
    if (rows < rowsMin || elapsedMs <= 0) return;
    this.rowsPerMs += latestWeight * (rows / elapsedMs - this.rowsPerMs);
  }

  /** Time that a scan of so many rows should take, milliseconds. */
  predictMs(rows: number): number {
    return rows / this.rowsPerMs;
  }
}
