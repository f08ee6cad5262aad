/**
 * A WebSocket was closed otherwise than in good order, or never opened. `inbound$` of the carrier and `channels$` of the mux
 * error with it; channels have it as `cause` of their `CarrierEndedError`.
 */
export class WebSocketClosedError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'WebSocketClosedError';
  }

  /** 1006 where nothing was said, as when the connection is lost; from 3000 on it is of the far end's choice. */
  readonly closeCode: number;
  /** What the far end has said, for programs or people; an empty string where it has said nothing. */
  readonly reason: string;

  /** @param options - `cause`: what the socket's `error` event has brought, which browsers keep to themselves */
  constructor(closeCode: number, reason = '', { cause }: { cause?: unknown } = {}) {
    const why = reason === '' && cause instanceof Error ? cause.message : reason;
    super(
      `WebSocket closed with code ${closeCode}${why && `: ${why}`}`,
      cause === undefined ? {} : { cause },
    );
    this.name = new.target.name;
    this.closeCode = closeCode;
    this.reason = reason;
  }
}
