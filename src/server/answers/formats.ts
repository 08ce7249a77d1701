/** What an answer can be sent as, by the names that `?format=` takes; the first wherever a client leaves the choice. */
export const formatNames = ['json', 'ndjson', 'csv', 'arrow', 'events'] as const;
export type FormatName = (typeof formatNames)[number];
/** Of one answer; `events` are of several. */
export type AnswerFormat = Exclude<FormatName, 'events'>;

/** The media types that stand for a format in an Accept header. */
const acceptedTypes: Readonly<Record<FormatName, readonly string[]>> = {
  json: ['application/json'],
  ndjson: ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
  csv: ['text/csv'],
  arrow: ['application/vnd.apache.arrow.stream'],
  events: ['text/event-stream'],
};

/** The Content-Type of a format. */
export const contentTypes: Readonly<Record<FormatName, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  arrow: 'application/vnd.apache.arrow.stream',
  events: 'text/event-stream',
};

/** How much a client wants a format, and how exactly it named it: by type, by half of one, or by neither. */
interface Preference {
  readonly weight: number;
  readonly precision: number;
}

/**
 * The format that a client wants most; null where it wants none that there is. Of several it gets the one that it names most exactly,
 * and of these events, for nobody names them in passing, or the first in the order of {@link formatNames}.
 * @param accept the Accept header
 * @see RFC 9110, section 12.5.1
 */
export function chooseFormat(accept: string | undefined): FormatName | null {
  const ranges = (accept ?? '').split(',').flatMap(rangeOf);
  if (ranges.length === 0) return 'json';
  let [chosen, best]: [FormatName | null, Preference] = [null, { weight: 0, precision: 0 }];
  for (const name of formatNames) {
    const found = preferenceOf(name, ranges);
    if (found.weight === 0) continue;
    const isBetter =
      found.weight !== best.weight ? found.weight > best.weight : found.precision > best.precision;
    if (chosen === null || isBetter) [chosen, best] = [name, found];
  }
  return chosen;
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

/** A media range of the header; none where there is nothing between two commas. */
function rangeOf(text: string): Range[] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  if (type === '') return [];
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  // What is no weight is none.
  return [{ type, weight: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 }];
}

/** The most exact range that a format is in counts, whatever others say. */
function preferenceOf(name: FormatName, ranges: readonly Range[]): Preference {
  let best: Preference = { weight: 0, precision: -1 };
  for (const accepted of acceptedTypes[name]) {
    for (const { type, weight } of ranges) {
      const precision = precisionOf(type, accepted);
      if (precision === null) continue;
      const isBetter = precision !== best.precision ? precision > best.precision : weight > best.weight;
      if (isBetter) best = { weight, precision };
    }
  }
  const isNamed = best.precision === 2;
  return name === 'events' && isNamed ? { ...best, precision: 3 } : best;
}

/** null: the type is not in the range. */
function precisionOf(range: string, type: string): number | null {
  if (range === type) return 2;
  if (range === '*/*' || range === '*') return 0;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 1 : null;
}
