import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { QueryResult } from '../index.ts';
import type { Problem } from './problem.ts';

/** How long nothing may be sent, milliseconds: whatever lies between does not take the connection for dead. */
const silenceMs = 15_000;
/** Time that the first answer has before the stream begins without it, milliseconds. From then on errors are events. */
const patienceMs = 5000;

/**
 * True where a client asks for events rather than for one answer: it accepts `text/event-stream`, and JSON no more than that.
 * @param accept the Accept header
 * @see RFC 9110, section 12.5.1
 */
export function wantsEvents(accept: string | undefined): boolean {
  const weights = new Map(
    (accept ?? '').split(',').map((range): [string, number] => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [type, weight === undefined ? 1 : Number(weight.slice(2))];
    }),
  );
  const events = weights.get('text/event-stream') ?? 0;
  return events > 0 && events >= (weights.get('application/json') ?? 0);
}

/**
 * Sends a statement's answers as Server-Sent Events: `refinement` for interim answers, `answer` for the last one, `error` with a
 * problem for what goes wrong once the stream has begun. The connection sets the pace: of what a slow client would get late only
 * the latest is sent, and the last answer.
 * Resolves when they are sent, or nobody takes them any more.
 * @param problemOf what the client is told of an error; the rest is told to the log
 * @throws QueryError, and bugs, that come before the stream has begun
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEvents(
  reply: FastifyReply,
  stream: AsyncIterable<QueryResult>,
  problemOf: (error: unknown) => Problem,
): Promise<void> {
  const answers = stream[Symbol.asyncIterator]();
  const first = answers.next();
  const isLate = await isLater(first, patienceMs);
  const events = eventsOf(answers, first, isLate, problemOf);
  // A connection that is kept alive would keep the server from closing, which it may want to do before the stream ends.
  void reply.type('text/event-stream').header('connection', 'close');
  const body = Readable.from(events, { objectMode: true, highWaterMark: 1 });
  const ended = new Promise<void>((resolve) => body.once('close', resolve));
  void reply.send(body);
  await ended;
}

const stillAtWork = ': still at work\n\n';

async function* eventsOf(
  answers: AsyncIterator<QueryResult>,
  first: Promise<IteratorResult<QueryResult>>,
  isFirstLate: boolean,
  problemOf: (error: unknown) => Problem,
): AsyncGenerator<string, void, undefined> {
  let id = 0;
  const eventOf = (name: string, data: unknown): string =>
    `id: ${++id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`; // JSON has no line breaks
  if (isFirstLate) yield stillAtWork;
  try {
    for (let next = first; ; next = answers.next()) {
      while (await isLater(next, silenceMs)) yield stillAtWork;
      const { done, value } = await next;
      if (done === true) return;
      yield eventOf(value.final ? 'answer' : 'refinement', value);
    }
  } catch (error) {
    yield eventOf('error', problemOf(error));
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
