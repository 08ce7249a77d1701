import { httpProblem, type Problem } from '../problem.ts';

/** A request that is refused for what it is or who sends it, not for what its statement says. */
export class HttpRefusal extends Error {
  readonly problem: Problem;

  /** @param code a stable code, for clients to match on */
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.problem = { ...httpProblem(status, detail), type: `urn:ballpark:problem:${code}`, code };
  }
}
