import type { onRequestHookHandler } from 'fastify';
import type { ServerContext } from '../app.ts';
import { sendOverloaded } from '../problem.ts';

/** For routes that take statements: where every one would be refused, the body is not read for it. */
export function knockFirst({ statements }: ServerContext): onRequestHookHandler {
  return ({ client }, reply, done) => {
    const refusal = statements.knock(client);
    if (refusal === null) done();
    else sendOverloaded(reply, refusal);
  };
}
