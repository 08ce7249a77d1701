/*
 * catalog: what exists. Tables and their files, samples and their manifests, what was learned, the log of statements,
 * jobs; in SQLite.
 * In: entries to publish or drop. Out: snapshots, plain data that others may keep.
 * Always: what a snapshot names was complete on the device before it was published.
 */
export { Catalog, catalogMigrations } from './catalog.ts';
export { DroppedSamples } from './dropped-samples.ts';
export {
  type CatalogSnapshot,
  type FileEntry,
  findNamed,
  givenSampleOf,
  type OriginEntry,
  type QueryLogEntry,
  type SampleEntry,
  type SampleOutliers,
  type SampleDrift,
  type SampleTrouble,
  type RowMethod,
  type SamplingMethod,
  type SourceFormat,
  strataColumnsOf,
  type TableEntry,
  type WorkloadEntry,
} from './entries.ts';
export type { JobAnswerFile, JobEnding, JobEntry, JobState } from './job-entry.ts';
export { answerFileName, type BegunJob, JobStore } from './job-store.ts';
export { FileOwners } from './unfinished-files.ts';
export { type Effort, ProfileStore } from './profile.ts';
export { QueryLogStore } from './query-log-store.ts';
export { fingerprintOf, type Lesson, type LessonKey, LessonStore } from './lessons.ts';
