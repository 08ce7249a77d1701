/** The order of VARCHAR in DuckDB: by UTF-8 bytes, which is by code points, not by UTF-16 units. */
export function compareText(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    // Inside a surrogate pair the first halves were equal, and the second halves compare as the code points do.
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.codePointAt(i)! - b.codePointAt(i)!; // i < both lengths
  }
  return a.length - b.length;
}
