import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Catalog, catalogMigrations } from '../../src/catalog/index.ts';
import { openDatabase } from '../../src/database/index.ts';
import { type Engine, QueryError } from '../../src/index.ts';

/** What an engine has and answers, as text: the same text is the same state. */
export async function stateOf(engine: Engine, questions: readonly string[]): Promise<string> {
  const state: unknown[] = [];
  for (const what of ['TABLES', 'SAMPLES']) {
    const rows = (await engine.query(`SHOW ${what}`)).toObjects();
    state.push(rows.map(({ created: _created, uses: _uses, ...rest }) => rest));
  }
  for (const question of questions)
    state.push(
      await engine.query(question).then(
        (result) => result.toObjects(),
        (error: unknown) => {
          if (error instanceof QueryError) return error.code;
          throw error;
        },
      ),
    );
  return JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** Files that no entry of the catalog names, and files that an entry names and that are not there. */
export function strayFiles(dataDir: string): string[] {
  const database = openDatabase(join(dataDir, 'catalog.sqlite'), catalogMigrations);
  const { tables, samples } = new Catalog(database).snapshot();
  database.close();
  const named = new Set([
    ...samples.flatMap(({ files }) => [files.dataFile, files.strataFile]),
    ...tables
      .flatMap(({ files }) =>
        files.map(({ path }) => path).filter((path) => path.startsWith(join(dataDir, 'tables', '/'))),
      )
      .map((path) => basename(path)),
  ]);
  const found = ['samples', 'tables'].flatMap((folder) => readdirSync(join(dataDir, folder)));
  return [
    ...found.filter((name) => !named.has(name)),
    ...[...named].filter((name) => !found.includes(name)).map((name) => `${name}, which is missing`),
  ];
}

/** The folders that processes have for what DuckDB spills. */
export const scratchFolders = (dataDir: string): string[] =>
  readdirSync(dataDir).filter((name) => name.startsWith('scratch-'));
