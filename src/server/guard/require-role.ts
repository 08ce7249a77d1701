import type { EngineControl, RunOptions } from '../../engine/control.ts';
import type { Client } from '../app.ts';
import { HttpRefusal } from './http-refusal.ts';

/**
 * Refuses statements that change tables or samples to clients that may only read.
 * @throws HttpRefusal ADMIN_ONLY; QueryError as running the statement would
 */
export function requireRole(
  control: Pick<EngineControl, 'foresee'>,
  { id, role }: Client,
  sql: string,
  params: RunOptions['params'],
): void {
  // Most often there is nothing to find out.
  if (role === 'admin') return;
  if (control.foresee(sql, params === undefined ? {} : { params }).kind !== 'change') return;
  throw new HttpRefusal(
    403,
    'ADMIN_ONLY',
    `changing tables and samples takes a token of the role admin; ${id} has the role ${role}`,
  );
}
