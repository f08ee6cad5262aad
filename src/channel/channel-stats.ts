/** What keeps what waits on a channel from leaving: see {@link ChannelStats.blockedBy}. */
export type BlockedBy = 'handshake' | 'credit' | 'capacity';

/** In which state the parts of a channel are: the words of docs/lifecycle.md. */
export interface ChannelStates {
  /** The inbound half. `'paused'`: nobody subscribes. */
  readonly inbound: 'paused' | 'flowing' | 'ending' | 'cancelled' | 'over';
  /** The outbound half. */
  readonly outbound: 'open' | 'ending' | 'ended';
  /** This side's handshake. For a channel that this side has opened it is `'answered'`. */
  readonly handshake: 'waiting' | 'offered' | 'delayed' | 'answered';
  /** The peer's handshake. `'delayed'`: PRE_HANDSHAKE has come. */
  readonly peerHandshake: 'awaited' | 'delayed' | 'come' | 'failed';
}

/** How a channel is at one moment. Bytes are those of the application, without what frames them. */
export interface ChannelStats {
  /** The channel's number. */
  readonly id: number;
  /** Who opened it. */
  readonly openedBy: 'local' | 'peer';
  /**
   * What it is called here: the option `label`, or else what its opener sent as handshake data, where that is printable text of
   * 64 bytes at most.
   */
  readonly label: string | undefined;
  /** When it was opened: ms, by the clock of the mux's `scheduler`. Unless told that is since 1970, as `Date.now()`. */
  readonly openedAt: number;

  /** Bytes that have come from the peer. */
  readonly received: number;
  /** Bytes of them that have been consumed, or discarded. */
  readonly consumed: number;
  /** Bytes that have come and have not been consumed: they wait, or have been emitted by `deliveries$` and not acknowledged. */
  readonly unread: number;
  /** ms since which nobody takes any of them; 0 where there are none. */
  readonly unreadFor: number;
  /** Bytes that the peer may still send now. */
  readonly receiveWindow: number;

  /** Bytes that have been passed on towards the peer. */
  readonly sent: number;
  /** Bytes of them that the peer has said it has received. */
  readonly acknowledged: number;
  /** Bytes given to `outbound$` that have not been passed on: `bufferedAmount`. */
  readonly queued: number;
  /** Credit: bytes that the peer takes now. */
  readonly sendWindow: number;
  /** Whose bytes leave first: 0 (first) … 7 (last). */
  readonly priority: number;
  /** The share among channels of one priority: 1 … 256. */
  readonly weight: number;

  /**
   * What keeps bytes, or the end, from leaving; `undefined` where nothing waits.
   *
   * - `'handshake'`: this side has not answered the channel yet, or the peer has not, and takes no more before it does.
   * - `'credit'`: the application at the other end does not take what has been sent before: the window is full.
   * - `'capacity'`: the carrier is full, as much is under way as the line holds, or other channels have their turn.
   */
  readonly blockedBy: BlockedBy | undefined;
  /** ms since which that has been so and nothing has left; 0 where nothing waits. */
  readonly blockedFor: number;

  /** In which state its parts are. */
  readonly states: ChannelStates;
}
