import { Buffer } from 'node:buffer';
import type { MuxChannel } from '../channel/mux-channel.js';
import type { Shared } from '../channel/shared.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import type { ChannelSettings } from '../options.js';
import { type HandshakeMessage, handshakeMessage, MessageType } from '../protocol/message.js';
import { Broadcast } from '../reactive/broadcast.js';
import type { AbsentNumbers } from './absent-numbers.js';
import type { Arrivals } from './arrivals.js';
import type { ChannelRegistry } from './channel-registry.js';
import type { Claims } from './claims.js';
import type { Diagnostics } from './diagnostics.js';
import type { Life } from './life.js';
import type { Peer } from './peer.js';
import { BACKLOG_FULL, FULL, GOING_AWAY } from '../protocol/own-reasons.js';

const NO_DATA = Buffer.alloc(0);

/** What {@link Unclaimed} needs of its mux. */
export interface Parts<H> {
  readonly life: Life;
  readonly registry: ChannelRegistry<H>;
  readonly arrivals: Arrivals<H, MuxChannel<H>>;
  readonly claims: Claims<H>;
  readonly absent: AbsentNumbers;
  readonly peer: Peer;
  /** Makes a channel of the peer's; with settings of its own where some are given. */
  readonly open: (id: number, settings?: ChannelSettings) => MuxChannel<H>;
  readonly diagnostics: Diagnostics<H>;
}

/** What becomes of the messages that no channel takes: those about the connection, and about numbers without a channel. */
export class Unclaimed<H> {
  readonly keepAlive$ = new Broadcast<void>();
  readonly #shared: Shared<H>;
  readonly #parts: Parts<H>;

  constructor(shared: Shared<H>, parts: Parts<H>) {
    this.#shared = shared;
    this.#parts = parts;
  }

  /** Such a message has come. */
  receive(message: ReceivedMessage): void {
    const { life, absent, peer } = this.#parts;
    if (message.type === MessageType.keepAlive) {
      this.keepAlive$.next();
    } else if (message.type === 'unknownExtension') {
      // A sign of life.
    } else if (message.type === 'invalid') {
      this.#shared.faults$.report(() => message.error);
    } else if (!('channel' in message)) {
      peer.receive(message);
    } else if (life.hasFinished) {
      // It cannot be answered any more, and the peer may not know yet that this side is through with it.
    } else if (message.type === MessageType.handshake && !absent.isRefused(message.channel)) {
      this.#receiveChannel(message);
    } else {
      absent.receive(message);
    }
  }

  /** The peer opens a channel. */
  #receiveChannel(message: HandshakeMessage): void {
    const { life, registry, arrivals, claims, absent, open, diagnostics } = this.#parts;
    const hasRoom = !registry.isFull && this.#shared.handshakeMemory.fits(message.data.length);
    if (life.isClosing) {
      absent.refuse(message.channel, GOING_AWAY);
    } else if (!hasRoom) {
      registry.full$.next();
      absent.refuse(message.channel, FULL);
    } else {
      const claimed = claims.to(message.data);
      if (claimed !== undefined) {
        const channel = open(message.channel, claimed.settings);
        channel.keep(message.data.length); // whoever takes the channel keeps it; there is room, or it would have been refused
        channel.receive(handshakeMessage(message.channel, message.free, NO_DATA)); // the data is not for `parseHandshake`
        diagnostics.opened(channel);
        claims.give(channel, claimed);
      } else if (arrivals.isFull) {
        absent.refuse(message.channel, BACKLOG_FULL);
      } else {
        const channel = open(message.channel);
        channel.receive(message);
        diagnostics.opened(channel);
        this.#arrived(channel, message.data);
      }
    }
  }

  /** A channel has arrived for `channels$`: unless the mux has been closed by whoever has just heard something of it. */
  #arrived(channel: MuxChannel<H>, data: Uint8Array): void {
    const { life, arrivals } = this.#parts;
    if (!life.isClosing) {
      arrivals.add(channel, data);
    } else if (channel.isUndecided) {
      channel.reject(GOING_AWAY);
    }
  }
}
