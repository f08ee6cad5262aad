/** What has come from the peer until it ended. */
export interface Received {
  readonly bytes: Buffer;
  /** The message of the error that it ended with. */
  readonly error: string | undefined;
}

/** One end of a channel, as the tests use it, whichever library is behind it. */
export interface End {
  readonly id: number;
  /** The peer's handshake data, when it has come. */
  handshake(): Promise<string>;
  write(data: Buffer | string): void;
  /** Bytes written and not yet sent. */
  readonly unsent: number;
  end(): void;
  endWithError(): void;
  destroy(): void;
  /** Reads from now on; until then nothing is asked for. Fulfilled when the peer has ended. */
  receive(): Promise<Received>;
  /** Fulfilled when the channel is gone from this side's mux, however it ended. */
  readonly removed: Promise<void>;
}

/** An end whose channel the peer has opened. */
export interface ArrivedEnd extends End {
  /** Puts the answer off; what it returns answers. */
  delay(): (data: string) => void;
}
