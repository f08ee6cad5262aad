import type { Duplex, Readable, Writable } from 'node:stream';
import type { ChannelEnd } from './peer.js';

/** A Node stream as the end of a channel, used as the Node documentation has it: `write()`, `'drain'`, `'data'`. */
export const streamEnd = (duplex: Duplex): ChannelEnd => streamPairEnd(duplex, duplex);

/** The same, where writing and reading have a stream each. */
export const streamPairEnd = (writable: Writable, readable: Readable): ChannelEnd => ({
  write: (chunk) => writable.write(chunk),
  onWritable: (listener) => {
    writable.on('drain', listener);
  },
  onBytes: (listener) => {
    readable.on('data', (chunk: Buffer) => {
      listener(chunk.length);
    });
  },
});
