/** What the peer has said of itself. */
export interface PeerInfo {
  /** Of the additions to the protocol that it knows. */
  readonly version: number;
  /** Bytes of the receive window with which it starts every channel that this side opens. */
  readonly window: number;
}
