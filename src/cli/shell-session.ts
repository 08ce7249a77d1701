import { type Engine, QueryError, type QueryResult, splitStatements } from '../index.ts';
import { type CliStreams, hasCode, write } from './cli-streams.ts';
import { printTable } from './run-script.ts';
import { describeBug, describeError, runStatement, type Statement } from './run-statement.ts';
import { parseShellCommand, shellHelp } from './shell-input.ts';

/** What a session tells the shell around it. */
export interface SessionEvents {
  /** An input is finished: a command, or lines up to the semicolon that ended the last of their statements. */
  onInput(text: string): Promise<void>;
  /** Tables or samples may have come or gone. */
  onCatalogChange(): void;
}

/** What a shell does with its lines, however they come. */
export class ShellSession {
  /** Lines from the beginning of a statement whose semicolon has not come yet. */
  private open = '';
  /** All lines since nothing was open. */
  private input: string[] = [];
  private running: AbortController | null = null;
  private failures = 0;

  constructor(
    private readonly engine: Engine,
    private readonly streams: CliStreams,
    private readonly events: SessionEvents,
  ) {}

  /** A statement has begun and not ended. */
  get isOpen(): boolean {
    return this.open !== '';
  }

  /** Some statement has failed. */
  get hasFailed(): boolean {
    return this.failures > 0;
  }

  /** Takes a line: obeys a command, runs the statements that it completes. @returns false where it says to leave */
  async accept(line: string): Promise<boolean> {
    const command = this.isOpen ? null : parseShellCommand(line);
    if (command === null) {
      await this.acceptSql(line);
      return true;
    }
    if (command.kind === 'exit') return false;
    await this.events.onInput(line);
    if (command.kind === 'help') await write(this.streams.stdout, `${shellHelp}\n`);
    else if (command.kind === 'sql') await this.run({ text: command.sql, start: 0 }, command.sql);
    else await write(this.streams.stderr, `there is no command ${command.word}; \\? lists them\n`);
    return true;
  }

  /** Runs what the end of the input left without a semicolon. */
  async finish(): Promise<void> {
    if (this.isOpen) await this.acceptSql(';');
  }

  /** Cancels the running statement. @returns false where none runs */
  cancel(): boolean {
    this.running?.abort();
    return this.running !== null;
  }

  /** Forgets the statement that has begun. */
  drop(): void {
    this.open = '';
    this.input = [];
  }

  private async acceptSql(line: string): Promise<void> {
    const wasOpen = this.isOpen;
    this.open += `${line}\n`;
    this.input.push(line);
    if (wasOpen && !line.includes(';')) return; // it completes nothing
    const script = this.open;
    const statements = splitStatements(script);
    const rest = statements.find(({ terminated }) => !terminated); // only the last one can be
    this.open = rest === undefined ? '' : script.slice(rest.start);
    for (const statement of statements) {
      if (statement.terminated && (await this.run(statement, script)) === 'cancelled') {
        this.open = '';
        break;
      }
    }
    if (this.isOpen) return;
    const input = this.input.join('\n');
    this.input = [];
    if (statements.length > 0) await this.events.onInput(input);
  }

  private async run(statement: Statement, script: string): Promise<'done' | 'failed' | 'cancelled'> {
    const { stdout, stderr } = this.streams;
    try {
      const result = await this.ask(statement.text);
      await printTable(result, statement.text, stdout, false);
      return 'done';
    } catch (error) {
      if (hasCode(error, 'EPIPE')) throw error; // nobody reads any more
      this.failures++;
      const isBug = !(error instanceof QueryError);
      await write(stderr, `${isBug ? describeBug(error) : describeError(error, script, statement)}\n`);
      return !isBug && error.code === 'CANCELLED' ? 'cancelled' : 'failed';
    }
  }

  private async ask(sql: string): Promise<QueryResult> {
    const running = new AbortController();
    this.running = running;
    try {
      const signal = AbortSignal.any([running.signal, this.streams.signal]);
      const result = await runStatement(this.engine, sql, { signal }, this.streams.stderr);
      if (/^(create|drop)\b/i.test(sql)) this.events.onCatalogChange();
      return result;
    } finally {
      this.running = null;
    }
  }
}
