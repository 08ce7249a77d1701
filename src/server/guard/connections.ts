import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LimitSettings } from '../settings.ts';

/** The connections of a server: how many there may be, and which can be ended when it closes. */
export class Connections {
  /** Those that are open, with the responses that each is owed. */
  private readonly owed = new Map<Socket, number>();
  private readonly countByAddress = new Map<string, number>();

  constructor(private readonly limits: Pick<LimitSettings, 'connectionsMax' | 'connectionsPerAddressMax'>) {}

  /** Takes a new connection in, or ends it where there are too many. */
  take(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const ofAddress = this.countByAddress.get(address) ?? 0;
    const { connectionsMax, connectionsPerAddressMax } = this.limits;
    if (this.owed.size >= connectionsMax || ofAddress >= connectionsPerAddressMax) {
      socket.destroy();
      return;
    }
    this.owed.set(socket, 0);
    this.countByAddress.set(address, ofAddress + 1);
    socket.once('close', () => {
      this.owed.delete(socket);
      const left = (this.countByAddress.get(address) ?? 1) - 1;
      if (left === 0) this.countByAddress.delete(address);
      else this.countByAddress.set(address, left);
    });
  }

  /** A request came, whose response is owed until it is sent. */
  work(socket: Socket, response: ServerResponse): void {
    const add = (count: number): void => {
      const before = this.owed.get(socket);
      if (before !== undefined) this.owed.set(socket, before + count);
    };
    add(1);
    response.once('close', () => add(-1));
  }

  /** Ends connections that are owed nothing: Node.js leaves open those that have sent no whole request yet, and waits for them. */
  endIdle(): void {
    for (const [socket, owed] of this.owed) if (owed === 0) socket.destroy();
  }

  /** Ends all connections. */
  endAll(): void {
    for (const socket of this.owed.keys()) socket.destroy();
  }
}
