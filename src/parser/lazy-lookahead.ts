import { type ILookaheadStrategy, LLkLookaheadStrategy } from 'chevrotain';

type AlternationOptions = Parameters<ILookaheadStrategy['buildLookaheadForAlternation']>[0];
type OptionalOptions = Parameters<ILookaheadStrategy['buildLookaheadForOptional']>[0];

/**
 * Chevrotain's own way to tell alternatives apart, worked out for each place of the grammar when a statement first comes there: for all
 * of them it takes longer than everything else that makes a grammar, and a statement comes to few.
 */
export class LazyLookahead extends LLkLookaheadStrategy {
  override buildLookaheadForAlternation(
    options: AlternationOptions,
  ): ReturnType<ILookaheadStrategy['buildLookaheadForAlternation']> {
    return whenCalled(() => super.buildLookaheadForAlternation(options));
  }

  override buildLookaheadForOptional(
    options: OptionalOptions,
  ): ReturnType<ILookaheadStrategy['buildLookaheadForOptional']> {
    return whenCalled(() => super.buildLookaheadForOptional(options));
  }
}

/** A function that is made when it is first called. @param make its maker */
function whenCalled<This, Args extends unknown[], Result>(
  make: () => (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  let made: ReturnType<typeof make> | undefined;
  return function (...args) {
    made ??= make();
    return made.apply(this, args);
  };
}
