// Unknown to the compiler in programs without Node's types, which read these declarations too.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- there is an error where they are missing only
/** @ts-ignore */
type Duplex = import('node:stream').Duplex;

/**
 * Node's `Duplex`: the class of `node:stream` to the compiler where Node's types (`@types/node`) are loaded, and the part of it that
 * everybody uses where they are not.
 */
export type NodeDuplex = [Duplex] extends [1] ? DuplexWithoutNode : Duplex;

/** The encodings of Node's strings. */
export type Encoding =
  | 'ascii'
  | 'utf8'
  | 'utf-8'
  | 'utf16le'
  | 'utf-16le'
  | 'ucs2'
  | 'ucs-2'
  | 'base64'
  | 'base64url'
  | 'latin1'
  | 'binary'
  | 'hex';

type Callback = (error?: Error | null) => void;

/** What a Duplex can be piped into. */
interface PipeTarget {
  write(chunk: Uint8Array | string): unknown;
  end(): unknown;
  on(event: string, listener: () => void): unknown;
}

/** `on` and its like. */
interface Listen<This> {
  (event: 'data', listener: (chunk: Uint8Array) => void): This;
  (event: 'error', listener: (error: Error) => void): This;
  (event: 'close' | 'drain' | 'end' | 'finish' | 'pause' | 'readable' | 'resume', listener: () => void): This;
  (event: string, listener: (...args: never[]) => void): This;
}

interface DuplexWithoutNode extends AsyncIterable<Uint8Array> {
  readonly on: Listen<this>;
  readonly once: Listen<this>;
  readonly off: Listen<this>;
  readonly prependListener: Listen<this>;
  listenerCount(event: string): number;

  readonly readable: boolean;
  readonly readableEnded: boolean;
  readonly readableFlowing: boolean | null;
  readonly readableLength: number;
  readonly readableHighWaterMark: number;
  readonly readableObjectMode: boolean;
  readonly readableEncoding: Encoding | null;
  read(size?: number): unknown;
  setEncoding(encoding: Encoding): this;
  pause(): this;
  resume(): this;
  isPaused(): boolean;
  pipe<T extends PipeTarget>(destination: T, options?: { end?: boolean | undefined }): T;
  unpipe(destination?: PipeTarget): this;

  readonly writable: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableNeedDrain: boolean;
  readonly writableLength: number;
  readonly writableHighWaterMark: number;
  readonly writableObjectMode: boolean;
  write(chunk: Uint8Array | string, callback?: Callback): boolean;
  write(chunk: Uint8Array | string, encoding: Encoding, callback?: Callback): boolean;
  end(callback?: () => void): this;
  end(chunk: Uint8Array | string, callback?: () => void): this;
  end(chunk: Uint8Array | string, encoding: Encoding, callback?: () => void): this;
  cork(): void;
  uncork(): void;

  readonly destroyed: boolean;
  readonly errored: Error | null;
  destroy(error?: Error): this;
}
