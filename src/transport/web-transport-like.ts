import type { ByteStreamPair } from '../carrier/web-stream-carrier.js';

/** What {@link WebTransportSessions} needs of a WebTransport session: that of a browser, Deno's at either end, any other. */
export interface WebTransportLike {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: {
    getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: ByteStreamPair | undefined }> };
  };
  /** Browsers ignore `waitUntilAvailable`, and know `sendOrder` alone: without it the compiler takes their sessions for something else. */
  createBidirectionalStream(options?: {
    readonly sendOrder?: number;
    readonly waitUntilAvailable?: boolean;
  }): Promise<ByteStreamPair>;
  close(info?: { closeCode?: number; reason?: string }): void;
}
