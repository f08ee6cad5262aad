/** How a mux is at one moment. */
export interface MuxStats {
  /** Bytes that the carrier has delivered, frames included. */
  readonly bytesIn: number;
  /** Bytes that have been written for the carrier, frames included. */
  readonly bytesOut: number;
  /** Frames that have come. A message with a payload is two. */
  readonly framesIn: number;
  /** Frames that have been written. */
  readonly framesOut: number;
  readonly channels: {
    /** Now. */
    readonly open: number;
    /** All that have been opened, by either side, but for those that the mux has refused. */
    readonly opened: number;
    /** Those of them that are gone. */
    readonly removed: number;
    /** Channels of the peer's that this side has refused: the mux for want of room, or `reject()`. */
    readonly refused: number;
  };
  /** Bytes that the carrier takes now; 0 where it takes no more. */
  readonly capacity: number;
  readonly windowBytes: {
    /** Bytes by which receive windows have grown beyond what they began with, loans included. */
    readonly granted: number;
    /** The most that this may be: the option `maxBufferedBytes`. */
    readonly budget: number;
  };
  /**
   * ms to the peer and back: the shortest of the last seconds, where bytes have been sent to a peer that has `extensions`; else what
   * the last `ping()` took; `undefined` where there was neither.
   */
  readonly roundTrip: number | undefined;
  /** How many errors there were of the kind that `errors$` emits, whether somebody listened or not. */
  readonly errors: number;
}
