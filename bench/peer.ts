/** One end of a channel, as the workloads see it. */
export interface ChannelEnd {
  /** Sends a chunk. Returns whether there is room for more; where not, the sender waits for `onWritable`. */
  write(chunk: Buffer): boolean;
  /** Calls `listener` whenever there is room again. */
  onWritable(listener: () => void): void;
  /** Consumes what arrives, and tells how many bytes that were. */
  onBytes(listener: (bytes: number) => void): void;
}

/** A channel: both its ends are in this process. */
export interface Channel {
  readonly near: ChannelEnd;
  readonly far: ChannelEnd;
}

/** A connection over loopback TCP. */
export interface Connection {
  /** Opens a channel from the near side. Resolves when the far side has it. */
  open(): Promise<Channel>;
}

/** One of those who are compared. */
export interface Peer {
  connect(): Promise<Connection>;
}
