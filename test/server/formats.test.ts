import { expect, test } from 'vitest';
import { chooseFormat } from '../../src/server/answers/formats.ts';

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['*', 'json'],
  ['application/*', 'json'],
  ['text/*', 'csv'],
  ['application/json', 'json'],
  ['APPLICATION/JSON; charset=utf-8', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['text/csv; header=present; q=0.3', 'csv'],
  ['application/vnd.apache.arrow.stream', 'arrow'],
  ['application/json;q=0.5, text/csv;q=0.6, application/x-ndjson;q=0.4', 'csv'],
  // The most exact range counts, whatever its weight.
  ['*/*, application/json;q=0.1', 'ndjson'],
  ['*/*;q=0.2, application/json;q=0', 'ndjson'],
  ['*/*, text/csv', 'csv'],
  ['text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8', 'json'],
  ['text/event-stream', 'events'],
  ['Text/Event-Stream; charset=utf-8', 'events'],
  ['text/event-stream, */*;q=0.1', 'events'],
  ['application/json, text/event-stream', 'events'],
  ['application/json, text/event-stream;q=0.5', 'json'],
  ['text/event-stream;q=0', null],
  ['text/event-stream;q=x', null],
  ['application/json;q=0.0000001', null],
  ['text/html', null],
  ['application/json;q=0, */*;q=0', null],
  [',', 'json'],
])('Accept: %s is answered with %s', (accept, format) => expect(chooseFormat(accept)).toBe(format));
