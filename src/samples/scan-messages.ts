import { Message, MessageHeader } from 'apache-arrow';
import type { OpenFile } from '../common/index.ts';

/** One message of an Arrow IPC file: where its body starts, and its buffers in order. */
export interface ScannedMessage {
  readonly kind: 'dictionary' | 'batch';
  readonly start: number;
  readonly bufferOffsets: readonly number[];
}

/** The format's limit on what a message's description may take, bytes; ours take a few KiB. */
const describedBytesMax = 1 << 28;

/**
 * Reads the descriptions of all messages of an Arrow IPC file, not their bodies.
 * @see Apache Arrow, "Columnar Format", section "Encapsulated message format"
 */
export async function scanMessages(file: OpenFile): Promise<ScannedMessage[]> {
  const messages: ScannedMessage[] = [];
  const prefix = new Uint8Array(8);
  let position = 8; // behind the magic "ARROW1" and its padding
  for (;;) {
    const start = position;
    await file.read(prefix, position);
    const view = new DataView(prefix.buffer);
    const length = view.getInt32(4, true);
    if (view.getInt32(0, true) !== -1 || length <= 0 || length > describedBytesMax) return messages;
    const description = new Uint8Array(length);
    await file.read(description, position + 8);
    const message = Message.decode(description);
    const body = position + 8 + length;
    const header = message.header();
    if (message.headerType === MessageHeader.DictionaryBatch && 'data' in header) {
      messages.push({
        kind: 'dictionary',
        start,
        bufferOffsets: header.data.buffers.map(({ offset }) => body + offset),
      });
    } else if (message.headerType === MessageHeader.RecordBatch && 'buffers' in header) {
      messages.push({
        kind: 'batch',
        start,
        bufferOffsets: header.buffers.map(({ offset }) => body + offset),
      });
    }
    position = body + message.bodyLength;
  }
}
