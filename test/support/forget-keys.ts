import type { Sample } from '../../src/samples/index.ts';

/** A planted bug: the rows of a sample of keys are taken for what was drawn. */
export function forgetKeys(sample: Sample): Sample {
  return {
    ...sample,
    keys: null,
    unitSizes: sample.runs.sizes,
    unitPopulation: sample.strata.population,
  };
}
