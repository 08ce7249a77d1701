import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { type Formulas, inPieces, type Outgoing, outgoing } from '../../engine/control.ts';
import type { QueryResult } from '../../index.ts';
import type { ServerContext } from '../app.ts';
import { type AnswerFormat, contentTypes } from './formats.ts';
import { isShort, piecesOf } from './outgoing.ts';

/** The form that a client asked for. */
export interface AnswerForm {
  readonly format: AnswerFormat;
  /** In CSV. */
  readonly formulas: Formulas;
}

/**
 * Sends an answer, in pieces where it is long: others have their turn between these, and the client's connection sets the pace. Where a
 * piece cannot be made the connection breaks off, so that no client takes what it has for the whole. A client that takes nothing
 * for `limits.stallMs` is left.
 * @returns when the last byte was handed to the system (true), or the connection has ended before (false)
 * @throws bugs, before the first byte
 */
export async function sendAnswer(
  { metrics, settings }: Pick<ServerContext, 'metrics' | 'settings'>,
  reply: FastifyReply,
  result: QueryResult,
  { format, formulas }: AnswerForm,
): Promise<boolean> {
  const { rowsMax, stallMs } = settings.limits;
  const sent = outgoing(inPieces(result), rowsMax);
  const pieces = piecesOf(sent, format, formulas);
  const body = isShort(sent)
    ? Buffer.concat([...pieces].map((piece) => Buffer.from(piece)))
    : streamOf(pieces, reply);
  const isSent = handedOver(reply);
  reply.raw.setTimeout(stallMs, () => reply.raw.destroy());
  void reply.type(contentTypes[format]).headers(headersOf(sent)).send(body);
  if (!(await isSent)) return false;
  if (result.final) await countSent(metrics, sent);
  return true;
}

/** What formats that have no place for it say of the answer. */
function headersOf({ head: { answer, rowCount, truncated } }: Outgoing): Record<string, string> {
  return {
    'x-ballpark-mode': answer.mode,
    'x-ballpark-met': String(answer.met),
    'x-ballpark-rows': String(rowCount),
    ...(truncated ? { 'x-ballpark-truncated': 'true' } : {}),
  };
}

/** Pieces with a turn for others between them. */
export async function* paced<T>(pieces: Iterable<T>): AsyncGenerator<T, void, undefined> {
  for (const piece of pieces) {
    yield piece;
    await setImmediate();
  }
}

function streamOf(pieces: Iterable<string | Uint8Array>, { log }: FastifyReply): Readable {
  const stream = Readable.from(paced(pieces), { objectMode: false });
  stream.once('error', (error) => log.error({ err: error }, 'something went wrong inside'));
  return stream;
}

/** Resolves when a response has ended: true where all of it was handed over. */
function handedOver({ raw }: FastifyReply): Promise<boolean> {
  return new Promise((resolve) => {
    if (raw.closed) resolve(raw.writableFinished);
    else raw.once('close', () => resolve(raw.writableFinished));
  });
}

/** Rows whose intervals are counted at a time. */
const countedAtOnce = 50_000;

/** Counts an answer that was sent. */
export async function countSent(
  metrics: ServerContext['metrics'],
  { answer, rows }: Outgoing,
): Promise<void> {
  metrics.countAnswer(answer);
  for (let from = 0; from < rows; from += countedAtOnce) {
    const found = answer.countIntervals(from, Math.min(rows, from + countedAtOnce));
    metrics.countIntervals(found.count, found.certified);
    if (rows > countedAtOnce) await setImmediate();
  }
}
