/** A value of a column, its share of the rows, and what it adds to the mean of log(session_time). */
export type Share = readonly [value: string, share: number, shift: number];
export const operatingSystems: readonly Share[];
export const genres: readonly Share[];
export const browsers: readonly Share[];
export const cityCount: number;
export const cityExponent: number;
export const sessionTimeSigma: number;
export const unbufferedShare: number;
export const citiesStatement: string;
export function sessionsQuery(request: { readonly rows: number; readonly seed: number }): string;
