/*
 * guard: who and what gets in.
 * In: connections and the heads of requests. Out: `request.client`, or a refusal.
 * Always: nothing is read, parsed or asked of the engine for whoever is refused.
 */
export { addGuard } from './add-guard.ts';
export { HttpRefusal } from './http-refusal.ts';
export { Connections } from './connections.ts';
export { createHttpServer } from './http-server.ts';
export { isLoopback } from './loopback.ts';
export { requireRole } from './require-role.ts';
export { makeToken } from './tokens.ts';
export { withTokens } from './with-tokens.ts';
