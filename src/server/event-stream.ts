import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { inPieces, jsonPieces, outgoing } from '../engine/control.ts';
import type { QueryResult } from '../index.ts';
import { isShort } from './answers/outgoing.ts';
import { countSent, paced } from './answers/send-answer.ts';
import type { ServerContext } from './app.ts';
import type { Problem } from './problem.ts';

/** How long nothing may be sent, milliseconds: whatever lies between does not take the connection for dead. */
const silenceMs = 15_000;
/** Time that the first answer has before the stream begins without it, milliseconds. From then on errors are events. */
const patienceMs = 5000;

/**
 * Sends a statement's answers as Server-Sent Events: `refinement` for interim answers, `answer` for the last one, `error` with a
 * problem for what goes wrong once the stream has begun. The connection sets the pace: of what a slow client would get late only
 * the latest is sent, and the last answer.
 * Resolves when they are sent, or nobody takes them any more.
 * @param context what it is counted by, and how many rows are sent at most
 * @param problemOf what the client is told of an error; the rest is told to the log
 * @throws QueryError, and bugs, that come before the stream has begun
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEvents(
  context: Pick<ServerContext, 'metrics' | 'settings'>,
  reply: FastifyReply,
  stream: AsyncIterable<QueryResult>,
  problemOf: (error: unknown) => Problem,
): Promise<void> {
  const answers = stream[Symbol.asyncIterator]();
  const first = answers.next();
  const isLate = await isLater(first, patienceMs);
  const events = eventsOf(context, answers, first, isLate, problemOf);
  // A connection that is kept alive would keep the server from closing, which it may want to do before the stream ends.
  void reply.type('text/event-stream').header('connection', 'close');
  const body = Readable.from(events, { objectMode: true, highWaterMark: 1 });
  const ended = new Promise<void>((resolve) => body.once('close', resolve));
  void reply.send(body);
  await ended;
}

const stillAtWork = ': still at work\n\n';

async function* eventsOf(
  { metrics, settings }: Pick<ServerContext, 'metrics' | 'settings'>,
  answers: AsyncIterator<QueryResult>,
  first: Promise<IteratorResult<QueryResult>>,
  isFirstLate: boolean,
  problemOf: (error: unknown) => Problem,
): AsyncGenerator<string, void, undefined> {
  let id = 0;
  const begun = (name: string): string => `id: ${++id}\nevent: ${name}\ndata: `; // JSON behind it has no line breaks
  let isWithin = false;
  if (isFirstLate) yield stillAtWork;
  try {
    for (let next = first; ; next = answers.next()) {
      while (await isLater(next, silenceMs)) yield stillAtWork;
      const { done, value } = await next;
      if (done === true) return;
      const sent = outgoing(inPieces(value), settings.limits.rowsMax);
      const [begin, pieces, end] = [begun(value.final ? 'answer' : 'refinement'), jsonPieces(sent), '\n\n'];
      if (isShort(sent)) yield [begin, ...pieces, end].join('');
      else {
        isWithin = true;
        yield begin;
        yield* paced(pieces);
        yield end;
        isWithin = false;
      }
      if (value.final) await countSent(metrics, sent);
    }
  } catch (error) {
    const problem = problemOf(error);
    // Nothing can be said in the middle of an event: the connection breaks off.
    if (isWithin) throw error;
    yield `${begun('error')}${JSON.stringify(problem)}\n\n`;
  } finally {
    await answers.return?.();
  }
}

/** Waits for a promise, but no longer than that. @throws what the promise rejects with */
async function isLater(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(resolve, ms, true);
  });
  try {
    return await Promise.race([promise.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
