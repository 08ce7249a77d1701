/** The same to be filled: what is made very often is made in one that is there. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
