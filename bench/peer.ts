import type { Duplex } from 'node:stream';

/**
 * One end of a channel, as the workloads see it.
 *
 * Implementations are classes, and make no closures before they are asked to listen: so what the benchmark itself keeps
 * for an idle channel is a few words, and does not show in what the peer is measured to keep.
 */
export interface ChannelEnd {
  /** Sends a chunk. Returns whether there is room for more; where not, the sender waits for `onWritable`. */
  write(chunk: Buffer): boolean;
  /** Calls `listener` whenever there is room again. */
  onWritable(listener: () => void): void;
  /** Consumes what arrives, and tells how many bytes that were. */
  onBytes(listener: (bytes: number) => void): void;
  /** Sends no more. */
  end(): void;
  /** Calls `listener` when both sides have ended and this end is gone. */
  onClosed(listener: () => void): void;
}

/** A channel: both its ends are in this process. */
export interface Channel {
  readonly near: ChannelEnd;
  readonly far: ChannelEnd;
}

/** What a peer runs over: both ends of a byte stream. */
export interface CarrierPair {
  readonly near: Duplex;
  readonly far: Duplex;
}

/** What a peer has made of a carrier. */
export interface Connection {
  /**
   * Opens a channel from the near side. Resolves when the far side has it.
   *
   * @param onNear - gets the near end as soon as there is one: it can be written to
   */
  open(onNear?: (near: ChannelEnd) => void): Promise<Channel>;
}

/**
 * The settings that a peer is run with: `fitted` where its own defaults would handicap it in a contest over loopback
 * (each peer's file says what it needs), or its `defaults`, where it is them that are measured.
 */
export type Settings = 'fitted' | 'defaults';

/** One of those who are compared. */
export interface Peer {
  connect(carrier: CarrierPair, settings: Settings): Connection;
  /**
   * For those whose channels survive what they run over.
   *
   * @param connect - called at once, and whenever that was cut
   */
  readonly survive?: (connect: () => CarrierPair) => Connection;
}
