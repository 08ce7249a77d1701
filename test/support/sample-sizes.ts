import type { Workspace } from './workspace.ts';

/** What SHOW SAMPLES says of how large a sample is: its method, its rows, those of the table, its strata. */
export async function sizesOf(work: Workspace, name: string): Promise<unknown[]> {
  const { columns, rows } = await work.query('SHOW SAMPLES');
  const places = ['method', 'rows', 'population_rows', 'strata'].map((wanted) =>
    columns.findIndex((column) => column.name === wanted),
  );
  const row = rows.find(([first]) => first === name)!; // it was made
  return places.map((place) => row[place]);
}
