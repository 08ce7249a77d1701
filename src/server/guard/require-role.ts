import type { Foreseen } from '../../engine/control.ts';
import type { Client } from '../app.ts';
import { HttpRefusal } from './http-refusal.ts';

/** Refuses statements that change tables or samples to clients that may only read. @throws HttpRefusal ADMIN_ONLY */
export function requireRole({ id, role }: Client, { kind }: Foreseen): void {
  if (role === 'admin' || kind !== 'change') return;
  throw new HttpRefusal(
    403,
    'ADMIN_ONLY',
    `changing tables and samples takes a token of the role admin; ${id} has the role ${role}`,
  );
}
