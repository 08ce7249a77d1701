/**
 * Makes something of an object once and keeps it as long as the object lives, so that whoever asks again gets the same.
 * @param make of an object that does not change
 */
export function keptWith<K extends object, T extends object | string | number>(
  make: (of: K) => T,
): (of: K) => T {
  const kept = new WeakMap<K, T>();
  return (of) => {
    const known = kept.get(of);
    if (known !== undefined) return known;
    const made = make(of);
    kept.set(of, made);
    return made;
  };
}
