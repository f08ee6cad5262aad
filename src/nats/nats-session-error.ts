/** What has become of a session over NATS. */
export type NatsSessionErrorCode =
  | 'ERR_RXMUX_NATS_NO_SERVICE'
  | 'ERR_RXMUX_NATS_PEER_LOST'
  | 'ERR_RXMUX_NATS_PEER_DESTROYED'
  | 'ERR_RXMUX_NATS_CLOSED';

/**
 * A session over NATS has failed. `inbound$` of the carrier and `channels$` of the mux error with it; channels have it as
 * `cause` of their `CarrierEndedError`. The `code` says why:
 *
 * - `ERR_RXMUX_NATS_NO_SERVICE`: no instance of the service has answered within `deadAfter`.
 * - `ERR_RXMUX_NATS_PEER_LOST`: nothing has come from the far end for `deadAfter`, though NATS was there. What it has not
 *   acknowledged may not have arrived.
 * - `ERR_RXMUX_NATS_PEER_DESTROYED`: the far end has given up the session.
 * - `ERR_RXMUX_NATS_CLOSED`: this side's connection of NATS is closed for good.
 *
 * Its `cause` is the last error that the client of NATS has told of, where there is one: a missing permission, say.
 */
export class NatsSessionError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'NatsSessionError';
  }

  readonly code: NatsSessionErrorCode;

  constructor(code: NatsSessionErrorCode, message: string, { cause }: { cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}
