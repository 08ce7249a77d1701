import { closest, distance } from 'fastest-levenshtein';
import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import { expectationOf, type Setting, settingsOf, valueOf } from './setting-list.ts';

/** A setting that cannot be used: the message names it, what was expected, and what was found. */
export class SettingError extends Error {}

/** Where settings come from, the strongest first; defaults are behind all of them. */
export interface SettingSources {
  /** Texts of flags by key; several for a list. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file's content, and what errors call it; null: there is none. */
  readonly file: { readonly name: string; readonly content: unknown } | null;
}

/**
 * Puts settings together: flags over the environment over a file over defaults.
 * @throws SettingError for a value that a setting cannot have, wherever it stands, and for a key of the file that is no setting
 */
export function readSettings<Schema extends TObject>(
  schema: Schema,
  { flags, environment, file }: SettingSources,
): Static<Schema> {
  const settings = settingsOf(schema);
  const inFile = file === null ? new Map<string, unknown>() : valuesOf(file.content, settings, file.name);
  const chosen = settings.map((setting): [key: string, value: unknown] => {
    const { key, flag, variable, initial } = setting;
    const [texts, text] = [flags.get(key), environment[variable]];
    let value = initial;
    if (inFile.has(key)) value = checked(setting, `${file?.name}: ${key}`, inFile.get(key));
    if (text !== undefined) value = checked(setting, variable, valueOf(setting, [text]));
    if (texts !== undefined) value = checked(setting, flag, valueOf(setting, texts));
    return [key, value];
  });
  return nested(chosen) as Static<Schema>; // every setting of the schema has a value that was checked by it
}

/** The values that an object holds, by the key of the setting. */
function valuesOf(
  content: unknown,
  settings: readonly Setting[],
  name: string,
  path = '',
): Map<string, unknown> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    const what = path === '' ? name : `${name}: ${path.slice(0, -1)}`;
    throw new SettingError(`${what}: expected an object, found ${shown(content)}`);
  }
  const values = new Map<string, unknown>();
  for (const [word, value] of Object.entries(content)) {
    const key = path + word;
    if (settings.some((setting) => setting.key === key)) values.set(key, value);
    else if (settings.some((setting) => setting.key.startsWith(`${key}.`)))
      for (const [inner, its] of valuesOf(value, settings, name, `${key}.`)) values.set(inner, its);
    else throw new SettingError(`${name}: there is no setting ${key}${hintFor(key, settings)}`);
  }
  return values;
}

function hintFor(key: string, settings: readonly Setting[]): string {
  const nearest = closest(
    key,
    settings.map((setting) => setting.key),
  );
  return distance(key, nearest) <= Math.max(2, key.length / 3) ? `; did you mean ${nearest}?` : '';
}

function checked(setting: Setting, place: string, value: unknown): unknown {
  if (Value.Check(setting.schema, value)) return value;
  throw new SettingError(`${place}: expected ${expectationOf(setting)}, found ${shown(value)}`);
}

const shownMax = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

/** `[['limits.rowsMax', 1]]` as `{ limits: { rowsMax: 1 } }`. */
function nested(values: readonly (readonly [key: string, value: unknown])[]): unknown {
  const groups = new Map<string, [string, unknown][]>();
  for (const [key, value] of values) {
    const [head = '', ...rest] = key.split('.');
    groups.set(head, [...(groups.get(head) ?? []), [rest.join('.'), value]]);
  }
  return Object.fromEntries(
    [...groups].map(([head, inner]) => [head, inner[0]?.[0] === '' ? inner[0][1] : nested(inner)]),
  );
}
