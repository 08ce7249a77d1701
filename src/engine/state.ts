import type { Catalog, JobStore } from '../catalog/index.ts';
import type { ScanThreads } from '../executor/index.ts';
import type { LeaseKeeper } from '../leases/index.ts';
import type { DuckDBSource } from '../sources/index.ts';
import type { Alert } from './contract.ts';
import type { Environment } from './environment.ts';
import type { KnownTails } from './known-tails.ts';
import type { LearnedTails } from './learned-tails.ts';
import type { Profile } from './profile.ts';
import type { EstimatePaces } from './estimate-paces.ts';
import type { QueryLog } from './query-log.ts';
import type { SampleCache } from './sample-cache.ts';
import type { Remains } from './sample-pins.ts';
import type { SampleTroubles } from './sample-troubles.ts';
import type { StalenessWatch } from './staleness.ts';
import type { Fingerprints } from './table-files.ts';
import type { StatementThreads } from './threads/statement-threads.ts';

/** What samples are chosen and read by. */
export interface ReadingState {
  readonly samples: Pick<SampleCache, 'get'>;
  readonly tails: Pick<KnownTails, 'valuesOf'>;
}

/** What the statements of one engine share. */
export interface EngineState {
  readonly environment: Environment;
  readonly catalog: Catalog;
  readonly source: DuckDBSource;
  readonly samples: SampleCache;
  /** What is known against samples; its snapshot is the one to plan by. */
  readonly troubles: SampleTroubles;
  /** Tells the operator; it never throws. */
  readonly alert: (alert: Alert) => void;
  readonly leases: LeaseKeeper;
  /** What dropped samples left behind. */
  readonly remains: Remains;
  readonly fingerprints: Fingerprints;
  readonly staleness: StalenessWatch;
  readonly profile: Profile;
  readonly paces: EstimatePaces;
  readonly threads: ScanThreads;
  /** null: no other thread can open the catalog. */
  readonly statementThreads: StatementThreads | null;
  readonly tails: LearnedTails;
  readonly log: QueryLog;
  readonly jobs: JobStore;
  /** Folders that CREATE TABLE may read, links followed. */
  readonly allowedPaths: readonly string[];
  readonly folders: { readonly samples: string; readonly tables: string; readonly jobs: string };
}
