import type { TObject, TSchema } from 'typebox';

/** A setting, and what it is called where. */
export interface Setting {
  /** In a file: `limits.rowsMax` is `rowsMax` of the object `limits`. */
  readonly key: string;
  /** On the command line: `--limits-rows-max`. */
  readonly flag: string;
  /** In the environment: `BALLPARK_LIMITS_ROWS_MAX`. */
  readonly variable: string;
  readonly schema: TSchema;
  readonly description: string;
  readonly initial: unknown;
}

/** What of a JSON schema settings are made of. */
interface Annotated {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, TSchema>>;
}

/** The schema's own words: a TypeBox schema is a JSON schema. */
const annotated = (schema: TSchema): Annotated => schema;

/** All settings that a schema has, those of its groups too, in its order. */
export function settingsOf(schema: TObject, path = ''): readonly Setting[] {
  return Object.entries(schema.properties as Record<string, TSchema>).flatMap(([name, part]) => {
    const key = path + name;
    if (annotated(part).properties !== undefined) return settingsOf(part as TObject, `${key}.`);
    const words = key.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const { description = '', default: initial } = annotated(part);
    const variable = `BALLPARK_${words.replaceAll('-', '_').toUpperCase()}`;
    return [{ key, flag: `--${words}`, variable, schema: part, description, initial }];
  });
}

/** True where a setting holds several values. */
export function isList({ schema }: Setting): boolean {
  return annotated(schema).type === 'array';
}

/** What a setting's value must be, in words. */
export function expectationOf({ schema }: Setting): string {
  const { type, enum: words, minimum, maximum } = annotated(schema);
  if (words !== undefined) return `one of ${words.join(', ')}`;
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (type === 'number') return `a number from ${minimum} to ${maximum}`;
  if (type === 'boolean') return 'true or false';
  return type === 'array' ? 'a list of texts that are not empty' : 'a text';
}

/** What a text, of a flag or a variable, says of a setting; a text that says nothing stays a text, which no schema but a text's takes. */
export function valueOf(setting: Setting, texts: readonly string[]): unknown {
  const [text = ''] = texts;
  if (isList(setting)) return texts.flatMap((each) => each.split(',')).map((each) => each.trim()).filter((each) => each !== ''); // prettier-ignore
  const { type } = annotated(setting.schema);
  if (type === 'integer' && /^\d+$/.test(text)) return Number(text);
  if (type === 'number' && /^\d*\.?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}
