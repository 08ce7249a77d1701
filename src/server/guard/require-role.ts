import type { Foreseen } from '../../engine/control.ts';
import type { Client } from '../app.ts';
import { HttpRefusal } from './http-refusal.ts';

/**
 * Refuses statements that change tables or samples, or tell what others ask, to clients that may only read.
 * @throws HttpRefusal ADMIN_ONLY
 */
export function requireRole({ id, role }: Client, { kind }: Foreseen): void {
  if (role === 'admin' || (kind !== 'change' && kind !== 'watch')) return;
  const what = kind === 'change' ? 'changing tables and samples' : 'seeing what others ask';
  throw new HttpRefusal(
    403,
    'ADMIN_ONLY',
    `${what} takes a token of the role admin; ${id} has the role ${role}`,
  );
}
