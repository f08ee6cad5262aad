import { Duplex } from 'node:stream';
import { type SchedulerLike, Subscription } from 'rxjs';
import { callable, MAX_DELAY, show } from '../arguments.js';
import type { SocketAddresses } from '../carrier/carrier.js';
import { backgroundTimer } from '../reactive/background-timer.js';

/** What the channel behind a stream knows of its connection. */
export interface Connection {
  readonly addresses: SocketAddresses;
  /** Where timers run. */
  readonly scheduler: SchedulerLike;
}

/** A `Duplex` that has what is expected of a socket, as by Node's `http`. */
export abstract class SocketDuplex extends Duplex implements SocketAddresses {
  readonly connecting = false;
  readonly pending = false;
  /** As `socket.timeout`. */
  timeout: number | undefined;
  #activeAt = 0;
  #idle = Subscription.EMPTY;

  protected abstract get connection(): Connection;

  get localAddress(): string | undefined {
    return this.connection.addresses.localAddress;
  }

  get localPort(): number | undefined {
    return this.connection.addresses.localPort;
  }

  get localFamily(): string | undefined {
    return this.connection.addresses.localFamily;
  }

  get remoteAddress(): string | undefined {
    return this.connection.addresses.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.connection.addresses.remotePort;
  }

  get remoteFamily(): string | undefined {
    return this.connection.addresses.remoteFamily;
  }

  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable) {
      return this.writable ? 'open' : 'readOnly';
    }
    return this.writable ? 'writeOnly' : 'closed';
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) {
      this.end();
    }
    if (this.writableFinished) {
      this.destroy();
    } else {
      this.once('finish', () => {
        this.destroy();
      });
    }
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = asOfSockets(ms);
    this.stopTimer();
    this.active();
    if (callback !== undefined) {
      callable('callback', callback);
      if (ms > 0) {
        this.once('timeout', callback);
      } else {
        this.off('timeout', callback);
      }
    }
    return this;
  }

  /** Bytes have come or gone. */
  protected active(): void {
    const { timeout = 0 } = this;
    if (timeout > 0 && !this.destroyed) {
      this.#activeAt = this.connection.scheduler.now();
      if (this.#idle.closed) {
        this.#wait(timeout);
      }
    }
  }

  /** Nobody is told any more that nothing comes. */
  protected stopTimer(): void {
    this.#idle.unsubscribe();
  }

  /**
   * Activity costs no timer: when one is due it is seen when there was some last. Another `timeout` has a timer of its own.
   *
   * @param left - ms of it until it may be over
   */
  #wait(timeout: number, left = timeout): void {
    const { scheduler } = this.connection;
    this.#idle = backgroundTimer(left, scheduler).subscribe(() => {
      const now = scheduler.now();
      this.#activeAt = Math.min(this.#activeAt, now); // it is later where somebody has put the clock back
      const stillLeft = this.#activeAt + timeout - now;
      if (stillLeft > 0) {
        this.#wait(timeout, stillLeft);
      } else {
        this.emit('timeout');
      }
    });
  }
}

/**
 * Node's sockets take parts of a millisecond, as of time that is left, and more than a timer can wait for. So its `http`
 * passes both on.
 */
function asOfSockets(ms: number): number {
  if (typeof ms !== 'number') {
    throw new TypeError(`ms must be a number, got ${show(ms)}`);
  }
  if (!(ms >= 0 && ms < Infinity)) {
    throw new RangeError(`ms must be 0 or more, and finite, got ${ms}`);
  }
  return Math.min(ms, MAX_DELAY);
}
