import type { ColumnFileManifest } from './column-file.ts';
import type { writeArrowFile } from './write-arrow-file.ts';

/** As {@link writeArrowFile}. What writes is loaded with the first file: apache-arrow takes longer than an answer, which needs none of it. */
export async function writeColumnFile(
  ...args: Parameters<typeof writeArrowFile>
): Promise<ColumnFileManifest> {
  const arrowFile = await import('./write-arrow-file.ts');
  return await arrowFile.writeArrowFile(...args);
}
