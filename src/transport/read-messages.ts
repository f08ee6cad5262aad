import { bufferOn } from '../arguments.js';
import type { ByteStreamPair } from '../carrier/web-stream-carrier.js';
import { MessageReader, type ReceivedMessage } from '../framing/message-reader.js';

/** What is used of a stream's readable side. */
export type StreamReader = ReturnType<ByteStreamPair['readable']['getReader']>;

/** The messages of a chunk: at least one. */
export type Messages = readonly [ReceivedMessage, ...ReceivedMessage[]];

/**
 * Calls `onMessages` with the messages of each chunk, and reads on when the promise that it returns is fulfilled.
 *
 * @param maxHeaderSize - bytes; a larger header is skipped without being kept
 * @returns fulfilled at the end of the stream, whether it has come to that or was broken off; rejected with a ProtocolError
 *   where there are no frames in it, and with what `onMessages` has thrown
 */
export async function readMessages(
  reader: StreamReader,
  maxHeaderSize: number,
  onMessages: (messages: Messages) => Promise<void>,
): Promise<void> {
  let messages: ReceivedMessage[] = [];
  const decoder = new MessageReader(
    { lengthSize: 4 },
    maxHeaderSize,
    (message) => messages.push(message),
    true,
  );
  for (;;) {
    const { value } = await reader.read().catch(brokenOff);
    if (value === undefined) {
      return;
    }
    decoder.read(bufferOn(value));
    const [first, ...others] = messages;
    messages = [];
    if (first !== undefined) {
      await onMessages([first, ...others]);
    }
  }
}

const brokenOff = (): { readonly value?: Uint8Array } => ({});
