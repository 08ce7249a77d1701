import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Random } from '../../../src/common/index.ts';

interface Member {
  readonly child: ChildProcess;
  readonly address: string;
}

/** Servers on one data folder, each a process of its own; whichever is killed is followed by another. */
export class ServerGroup {
  private readonly members: (Member | null)[];
  kills = 0;

  private constructor(
    private readonly program: string,
    private readonly folders: readonly [dataDir: string, allowed: string],
    count: number,
  ) {
    this.members = Array.from({ length: count }, () => null);
  }

  static async open(
    program: string,
    folders: readonly [dataDir: string, allowed: string],
    count: number,
  ): Promise<ServerGroup> {
    const group = new ServerGroup(program, folders, count);
    for (const place of group.members.keys()) await group.start(place);
    return group;
  }

  /** One of those that are there. */
  address(random: Random): string {
    const there = this.members.filter((member) => member !== null);
    return there[Math.floor(random.next() * there.length)]!.address; // two are always there
  }

  /** Kills one and waits until another is in its place. */
  async kill(random: Random): Promise<void> {
    const place = Math.floor(random.next() * this.members.length);
    await this.end(place);
    this.kills++;
    await this.start(place);
  }

  async close(): Promise<void> {
    for (const place of this.members.keys()) await this.end(place);
  }

  private async start(place: number): Promise<void> {
    const child = fork(this.program, this.folders, { execArgv: [] });
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`a server ended by itself: ${code ?? signal}`);
    });
    const [address] = (await Promise.race([once(child, 'message'), ended])) as [string];
    ended.catch(() => undefined); // it will be killed
    this.members[place] = { child, address };
  }

  private async end(place: number): Promise<void> {
    const member = this.members[place];
    this.members[place] = null;
    if (member === null || member === undefined) return;
    const gone = once(member.child, 'exit');
    member.child.kill('SIGKILL');
    await gone;
  }
}
