import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { decodeReason, encodeReason, type Reason, reasonSize } from '../protocol/reason.js';

// bpmux's.
const CHANNEL = 'bpmux-channel';
const HANDSHAKE = 'bpmux-handshake';
const ERROR = 'bpmux-error';

// What bpmux does not look at.
const VERSION = 'rxmux-version';
const REASON = 'rxmux-reason';

const OWN: readonly string[] = [CHANNEL, HANDSHAKE, ERROR, VERSION, REASON];

/** Whether it is the name of one of the headers that channels need themselves. */
export const isOwnHeader = (name: string): boolean => OWN.includes(name.toLowerCase());

/** The headers of a request or a response that HTTP/2's own library sends, less what Node adds to them. */
const MAX_SIZE = 65_536 - 1024;

/** What HTTP/2 counts for a header besides its name and value. */
const SIZE_OF_HEADER = 32;

/** Whether they can be sent together. Node closes the whole session for some that cannot. */
export function areSendable(headers: OutgoingHttpHeaders): boolean {
  const sizes = Object.entries(headers).map(
    ([name, value]) => name.length + String(value).length + SIZE_OF_HEADER,
  );
  return sizes.reduce((sum, size) => sum + size, 0) <= MAX_SIZE;
}

/** Says which channel a request is for. */
export function channelHeader(number: number): OutgoingHttpHeaders {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return { [CHANNEL]: bytes.toString('base64') };
}

/** Which channel a request is for; `undefined` where it is for none. */
export function channelOf(headers: IncomingHttpHeaders): number | undefined {
  const bytes = bytesOf(headers[CHANNEL]);
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined;
}

/** Brings the handshake data of a channel. */
export const handshakeHeader = (data: Uint8Array): OutgoingHttpHeaders => ({
  [HANDSHAKE]: Buffer.from(data).toString('base64'),
});

/** The handshake data that a request or its response has brought. */
export const handshakeOf = (headers: IncomingHttpHeaders): Buffer => bytesOf(headers[HANDSHAKE]);

/** In a request or its response: "I know STOP, and what GOAWAY means." */
export const versionHeader = (): OutgoingHttpHeaders => ({ [VERSION]: '1' });

/** Whether the peer has said so. */
export const hasVersion = (headers: IncomingHttpHeaders): boolean => headers[VERSION] !== undefined;

/** The trailer at the end of a half: whether it is an error. */
export const errorTrailer = (isError: boolean): OutgoingHttpHeaders => ({ [ERROR]: String(isError) });

/** Whether the trailers say that the half has ended with an error. */
export const isErrorIn = (trailers: IncomingHttpHeaders): boolean => trailers[ERROR] === 'true';

/** Says why, in a response that refuses or a trailer: the bytes of the protocol's reason, in base64. */
export function reasonHeader(reason: Reason | undefined): OutgoingHttpHeaders {
  if (reason === undefined) {
    return {};
  }
  const bytes = Buffer.alloc(reasonSize(reason));
  encodeReason(reason, bytes, 0);
  return { [REASON]: bytes.toString('base64') };
}

/** Why, where that is said. */
export function reasonOf(headers: IncomingHttpHeaders): Reason | undefined {
  const bytes = bytesOf(headers[REASON]);
  return decodeReason(bytes, 0, bytes.length);
}

const bytesOf = (header: string | string[] | undefined): Buffer =>
  Buffer.from(typeof header === 'string' ? header : '', 'base64');
