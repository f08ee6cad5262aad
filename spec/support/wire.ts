/**
 * The wire protocol once more, written down straight from its description and apart from the sources: what the tests
 * say as a peer, and how they read what a mux says.
 */

const u32 = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

/** One frame: its length in four bytes, and the bytes. */
export const frame = (...bytes: readonly number[]): Buffer => Buffer.from([...u32(bytes.length), ...bytes]);

const text = (data: string | Uint8Array): Uint8Array => (typeof data === 'string' ? Buffer.from(data) : data);

export const end = (channel: number): Buffer => frame(0, ...u32(channel));
export const errorEnd = (channel: number): Buffer => frame(6, ...u32(channel));
export const keepAlive = (): Buffer => frame(7);
export const handshake = (channel: number, free: number, data: string | Uint8Array = ''): Buffer =>
  frame(1, ...u32(channel), ...u32(free), ...text(data));
export const preHandshake = (channel: number, free: number, seq?: number): Buffer =>
  frame(5, ...u32(channel), ...u32(free), ...(seq === undefined ? [] : u32(seq)));
export const status = (channel: number, free: number, seq: number): Buffer =>
  frame(2, ...u32(channel), ...u32(free), ...u32(seq));
export const finishedStatus = (channel: number, free: number, seq: number): Buffer =>
  frame(3, ...u32(channel), ...u32(free), ...u32(seq));
export const dataHeader = (channel: number, seq: number): Buffer => frame(4, ...u32(channel), ...u32(seq));
/** A DATA header with its payload; `seq` counts the payload. */
export const data = (channel: number, seq: number, payload: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(text(payload));
  return Buffer.concat([dataHeader(channel, seq), Buffer.from(u32(bytes.length)), bytes]);
};

/** Why: the lengths of code and message, and both. */
const why = (code: string, message: string): number[] => {
  const [codeBytes, messageBytes] = [Buffer.from(code), Buffer.from(message)];
  return [
    codeBytes.length,
    ...codeBytes,
    messageBytes.length >>> 8,
    messageBytes.length & 255,
    ...messageBytes,
  ];
};

export const hello = (window: number, version = 1): Buffer => frame(7, 0, version, ...u32(window));
export const stop = (channel: number, code = '', message = ''): Buffer =>
  frame(7, 1, ...u32(channel), ...why(code, message));
export const refuse = (channel: number, code = '', message = ''): Buffer =>
  frame(7, 2, ...u32(channel), ...why(code, message));
export const reason = (channel: number, code = '', message = ''): Buffer =>
  frame(7, 3, ...u32(channel), ...why(code, message));
export const ping = (id: number): Buffer => frame(7, 4, ...u32(id));
/** One that asks for the time. */
export const timedPing = (id: number): Buffer => frame(7, 4, ...u32(id), 0x74);
export const pong = (id: number): Buffer => frame(7, 5, ...u32(id));
export const goAway = (code = '', message = ''): Buffer => frame(7, 6, ...why(code, message));

/** Reads an extended keep-alive: `HELLO version=1 window=2048`, `STOP 0 "code: message"`, `PING 0`. */
function extension(bytes: Buffer): string {
  const reasonAt = (at: number): string => {
    const codeEnd = at + 1 + bytes.readUInt8(at);
    const code = bytes.toString('utf8', at + 1, codeEnd);
    return show(Buffer.from(`${code}: ${bytes.toString('utf8', codeEnd + 2)}`));
  };
  const kind = bytes.readUInt8(1);
  switch (kind) {
    case 0:
      return `HELLO version=${bytes.readUInt8(2)} window=${bytes.readUInt32BE(3)}`;
    case 4:
    case 5:
      return `${kind === 4 ? 'PING' : 'PONG'} ${bytes.readUInt32BE(2)}`;
    case 6:
      return `GOAWAY ${reasonAt(2)}`;
    default:
      return `${['STOP', 'REFUSE', 'REASON'][kind - 1] ?? `unknown ${kind}`} ${bytes.readUInt32BE(2)} ${reasonAt(6)}`;
  }
}

const show = (bytes: Buffer): string =>
  bytes.length > 40 ? `<${bytes.length} bytes>` : `"${bytes.toString()}"`;

/** Reads frames as they come: `HANDSHAKE 0 free=100 "hello"`, `DATA 0 seq=5 "hello"`, `END 0`. */
export class WireReader {
  #rest = Buffer.alloc(0);
  #data: string | undefined;

  read(bytes: Uint8Array): string[] {
    const said: string[] = [];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE(0)) {
      const length = this.#rest.readUInt32BE(0);
      const message = this.#message(this.#rest.subarray(4, 4 + length));
      this.#rest = this.#rest.subarray(4 + length);
      if (message !== undefined) {
        said.push(message);
      }
    }
    return said;
  }

  #message(bytes: Buffer): string | undefined {
    if (this.#data !== undefined) {
      const header = this.#data;
      this.#data = undefined;
      return `${header} ${show(bytes)}`;
    }
    const type = bytes.readUInt8(0);
    if (type === 7) {
      return bytes.length === 1 ? 'KEEP_ALIVE' : extension(bytes);
    }
    const channel = bytes.readUInt32BE(1);
    const first = (): number => bytes.readUInt32BE(5);
    const credit = (name: string): string =>
      `${name} ${channel} free=${first()}${bytes.length === 13 ? ` seq=${bytes.readUInt32BE(9)}` : ''}`;
    switch (type) {
      case 0:
        return `END ${channel}`;
      case 1:
        return `HANDSHAKE ${channel} free=${first()} ${show(bytes.subarray(9))}`;
      case 2:
        return credit('STATUS');
      case 3:
        return credit('FINISHED_STATUS');
      case 4:
        this.#data = `DATA ${channel} seq=${first()}`;
        return undefined;
      case 5:
        return credit('PRE_HANDSHAKE');
      case 6:
        return `ERROR_END ${channel}`;
      default:
        return `unknown ${type}`;
    }
  }
}
