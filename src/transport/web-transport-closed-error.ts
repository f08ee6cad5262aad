/**
 * A WebTransport session was closed with a code, before both ends were done. `inbound$` of the carrier and `channels$` of the
 * mux error with it; channels have it as `cause` of their `CarrierEndedError`.
 */
export class WebTransportClosedError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'WebTransportClosedError';
  }

  /** 1 where the far end has destroyed its mux, 2 where it could not make sense of this one; others are the application's. */
  readonly closeCode: number;
  /** What the far end has said, for programs or people; an empty string where it has said nothing. */
  readonly reason: string;

  constructor(closeCode: number, reason = '') {
    super(`WebTransport session closed with code ${closeCode}${reason && `: ${reason}`}`);
    this.name = new.target.name;
    this.closeCode = closeCode;
    this.reason = reason;
  }
}
