import type { FastifyReply } from 'fastify';

/** Calls back when the connection ends before the answer is sent: nobody waits for it any more. */
export function whenClientGone({ raw }: FastifyReply, leave: () => void): void {
  raw.once('close', () => {
    if (!raw.writableFinished) leave();
  });
}
