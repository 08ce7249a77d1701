import type { Random } from '../../../src/common/index.ts';
import type { QueryResultJson } from '../../../src/index.ts';
import type { ServerGroup } from './server-group.ts';

/** What came of a request: null where the server was killed meanwhile, or had too much to do. */
type Reply = { readonly status: number; readonly body: QueryResultJson } | null;

/** Asks one of the servers, whichever. */
async function ask(group: ServerGroup, sql: string, random: Random): Promise<Reply> {
  try {
    const response = await fetch(`${group.address(random)}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    });
    const body = (await response.json()) as QueryResultJson;
    return response.status === 503 ? null : { status: response.status, body };
  } catch {
    return null;
  }
}

/** A question, and whether an answer is right. */
export interface Question {
  readonly sql: string;
  readonly isRight: (answer: QueryResultJson) => boolean;
}

/** What clients saw. */
export interface Seen {
  answers: number;
  /** Jobs that were done. */
  jobs: number;
  /** Requests without an answer. */
  lost: number;
  /** Answers that were not right, in words. */
  readonly wrong: string[];
}

/** Asks questions until the time is over. */
export async function readUntil(
  isOver: () => boolean,
  group: ServerGroup,
  questions: readonly Question[],
  random: Random,
  seen: Seen,
): Promise<void> {
  while (!isOver()) {
    const { sql, isRight } = questions[Math.floor(random.next() * questions.length)]!; // there are some
    const reply = await ask(group, sql, random);
    if (reply === null) seen.lost++;
    else if (reply.status === 200 && isRight(reply.body)) seen.answers++;
    else seen.wrong.push(`${sql}: ${reply.status} ${JSON.stringify(reply.body)}`);
  }
}

/** A job as the endpoint tells of it. */
interface JobReply {
  readonly id: string;
  readonly state: string;
  readonly answer: QueryResultJson | null;
}

/** Has jobs run until the time is over, and asks after each of whichever server. */
export async function pollUntil(
  isOver: () => boolean,
  group: ServerGroup,
  { sql, isRight }: Question,
  random: Random,
  seen: Seen,
): Promise<void> {
  const call = async (path: string, init?: RequestInit): Promise<Response | null> =>
    await fetch(group.address(random) + path, init).catch(() => null);
  while (!isOver()) {
    const headers = { 'content-type': 'application/json' };
    const taken = await call('/v1/jobs', { method: 'POST', headers, body: JSON.stringify({ sql }) });
    const job = taken?.status === 202 ? await bodyOf(taken) : null;
    for (let isDone = job === null; !isDone && !isOver();) {
      await new Promise((resume) => setTimeout(resume, 50));
      const polled = await call(`/v1/jobs/${job!.id}`);
      if (polled?.status === 404) seen.wrong.push(`the job ${job!.id} is gone`);
      const now = polled?.status === 200 ? await bodyOf(polled) : null;
      isDone = polled?.status === 404 || (now !== null && !['queued', 'running'].includes(now.state));
      if (now?.state === 'done' && now.answer !== null && isRight(now.answer)) seen.jobs++;
      else if (isDone && polled?.status !== 404) seen.wrong.push(JSON.stringify(now));
    }
  }
}

/** null: the server was killed in the middle of it. */
const bodyOf = async (response: Response): Promise<JobReply | null> =>
  (await response.json().catch(() => null)) as JobReply | null;

/** Names of samples, by what is known of them: what was answered was done, what was not may have been. */
export class Ledger {
  readonly there = new Set<string>();
  readonly gone = new Set<string>();
}

/** Makes samples and drops them until the time is over, each of a name of its own. */
export async function changeUntil(
  isOver: () => boolean,
  group: ServerGroup,
  prefix: string,
  random: Random,
  ledger: Ledger,
): Promise<void> {
  for (let number = 0; !isOver(); number++) {
    const name = `${prefix}_${number}`;
    const rows = 1000 + Math.floor(random.next() * 5000);
    const made = await ask(group, `CREATE SAMPLE ${name} ON t UNIFORM ${rows} ROWS SEED ${number}`, random);
    if (made?.status !== 200) continue;
    ledger.there.add(name);
    if (random.next() < 0.5) continue;
    ledger.there.delete(name);
    const dropped = await ask(group, `DROP SAMPLE ${name}`, random);
    if (dropped?.status === 200) ledger.gone.add(name);
  }
}
