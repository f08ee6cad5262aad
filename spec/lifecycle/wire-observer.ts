import { other, type Side } from './link.js';

/** One side's half of one channel, as it shows on the wire. */
export interface WireHalf {
  /** Handshake data of this side. */
  name: string | undefined;
  isAnnounced: boolean;
  isPreAnnounced: boolean;
  /** Bytes sent. */
  sent: number;
  /** Bytes that have reached the other side. */
  delivered: number;
  /** How far this side may send, by the grants that have reached it. */
  edge: number;
  /** How far this side has let the other one send. */
  granted: number;
  /** The first grant: the receive window as it is at first. */
  window: number | undefined;
  hasEnded: boolean;
  /** Whether the end of the other side has come. */
  hasHeardEnd: boolean;
  /** Whether the HANDSHAKE, or PRE_HANDSHAKE, of the other side has come. */
  hasHeardOpening: boolean;
  hasSaidStop: boolean;
  /** Whether it could say why when it ended. */
  couldSayWhy: boolean;
}

interface Frame {
  readonly from: Side;
  readonly id: number;
  readonly index: number;
  readonly payload: number;
  readonly edge: number;
  readonly isEnd: boolean;
  /** Whether it opens or answers a channel; whether it opens one. */
  readonly isOpening: boolean;
  readonly isFirst: boolean;
  readonly isHandshake: boolean;
  readonly endsAt: number;
  /** Bytes of the payload that have reached the other side. */
  arrived: number;
}

interface Direction {
  rest: Buffer;
  written: number;
  delivered: number;
  readonly frames: Frame[];
  /** Each number's channels, in the order in which they had it. */
  readonly halves: Map<number, WireHalf[]>;
  /** The half of each number that was announced last. */
  readonly current: Map<number, number>;
  pendingData: { readonly id: number; readonly seq: number } | undefined;
  /** What its HELLO promises, and where that ends; -1 until it has been written. */
  promise: number;
  helloEndsAt: number;
  /** Whether a REASON has been said for a channel, and not yet its ERROR_END. */
  readonly reasons: Set<number>;
}

const NAMES = [
  'END',
  'HANDSHAKE',
  'STATUS',
  'FINISHED_STATUS',
  'DATA',
  'PRE_HANDSHAKE',
  'ERROR_END',
  'KEEP_ALIVE',
];

/** What is in keep-alives of more than a byte. */
const KINDS = ['HELLO', 'STOP', 'REFUSE', 'REASON', 'PING', 'PONG', 'GOAWAY'];

/** Those that are about no channel. */
const OF_THE_CONNECTION = new Set(['HELLO', 'PING', 'PONG', 'GOAWAY']);

/** What is so for most frames. */
const FRAME = {
  payload: 0,
  edge: 0,
  isEnd: false,
  isOpening: false,
  isFirst: false,
  isHandshake: false,
  arrived: 0,
} as const;

const direction = (): Direction => ({
  rest: Buffer.alloc(0),
  written: 0,
  delivered: 0,
  frames: [],
  halves: new Map(),
  current: new Map(),
  pendingData: undefined,
  promise: -1,
  helloEndsAt: Infinity,
  reasons: new Set(),
});

/**
 * Reads both directions of the wire and holds each side to the protocol: the order of messages on a channel, and the
 * credit that has reached the sender by the time it sends. Knows nothing of the sources.
 */
export class WireObserver {
  readonly #from: Readonly<Record<Side, Direction>> = { left: direction(), right: direction() };
  /** What was said, for people. */
  readonly log: string[] = [];

  /**
   * @param fail - called with what is against the protocol
   * @param onGrant - called for each grant
   */
  constructor(
    private readonly fail: (message: string) => void,
    private readonly onGrant: (side: Side) => void,
  ) {}

  /** `side` has written `bytes`. */
  write(side: Side, bytes: Buffer): void {
    const to = this.#from[side];
    to.rest = Buffer.concat([to.rest, bytes]);
    while (to.rest.length >= 4 && to.rest.length >= 4 + to.rest.readUInt32BE(0)) {
      const length = to.rest.readUInt32BE(0);
      to.written += 4 + length;
      this.#frame(side, to, to.rest.subarray(4, 4 + length));
      to.rest = to.rest.subarray(4 + length);
    }
  }

  /** The next `bytes` that `side` has written are about to reach the other one. */
  deliver(side: Side, bytes: number): void {
    const from = this.#from[side];
    from.delivered += bytes;
    let next = from.frames[0];
    for (; next !== undefined && next.endsAt <= from.delivered; next = from.frames[0]) {
      const { id, index, edge, isEnd, isOpening, isFirst, isHandshake } = next;
      from.frames.shift();
      this.#arrives(side, next, next.payload);
      const receiver = this.#half(other(side), id, index);
      if (!isHandshake || receiver.sent === 0) {
        receiver.edge = Math.max(receiver.edge, edge);
      }
      if (isFirst && this.#isExtended) {
        // It may have sent so much without waiting for the answer.
        receiver.window = Math.max(receiver.window ?? 0, this.#from[other(side)].promise);
      }
      receiver.hasHeardOpening ||= isOpening;
      receiver.hasHeardEnd ||= isEnd;
    }
    if (next !== undefined) {
      // A payload counts as it comes: its consumer need not wait for the rest.
      this.#arrives(side, next, Math.max(0, next.payload - (next.endsAt - from.delivered)));
    }
  }

  /** The channels that are open at `side`: what both sides have shown of them. */
  open(side: Side): { own: WireHalf; others: WireHalf }[] {
    return [...this.#from[side].halves].flatMap(([id, halves]) =>
      halves.flatMap((own, index) =>
        own.hasEnded && own.hasHeardEnd ? [] : [{ own, others: this.#half(other(side), id, index) }],
      ),
    );
  }

  /** All halves that `side` has shown. */
  halves(side: Side): WireHalf[] {
    return [...this.#from[side].halves.values()].flat();
  }

  /** Whether anything that `side` has said has reached the other one. */
  hasBeenHeard(side: Side): boolean {
    return this.#from[side].delivered > 0;
  }

  /** The half whose handshake data was `name`. */
  named(side: Side, name: string): WireHalf | undefined {
    return this.halves(side).find((half) => half.name === name);
  }

  /** Both sides have shown as many channels, and ended each. */
  checkAllEnded(): void {
    const open = (['left', 'right'] as const).flatMap((side) =>
      [...this.#from[side].halves].flatMap(([id, halves]) =>
        halves.flatMap(({ hasEnded }, index) => (hasEnded ? [] : [`${side} ${id} (${index})`])),
      ),
    );
    if (open.length > 0) {
      this.fail(`no END or ERROR_END on the wire: ${open.join(', ')}`);
    }
  }

  /** Both sides have the same number of channels, so each has its other half in the same place. */
  #half(side: Side, id: number, index: number): WireHalf {
    const { halves } = this.#from[side];
    const all = halves.get(id) ?? [];
    halves.set(id, all);
    return (all[index] ??= {
      name: undefined,
      isAnnounced: false,
      isPreAnnounced: false,
      sent: 0,
      delivered: 0,
      edge: 0,
      granted: 0,
      window: undefined,
      hasEnded: false,
      hasHeardEnd: false,
      hasHeardOpening: false,
      hasSaidStop: false,
      couldSayWhy: false,
    });
  }

  /** Whether both sides have said HELLO. */
  get #isExtended(): boolean {
    return this.#from.left.promise >= 0 && this.#from.right.promise >= 0;
  }

  /** Whether the HELLO of the other side has come. */
  #knowsPeer(side: Side): boolean {
    const { helloEndsAt, delivered } = this.#from[other(side)];
    return helloEndsAt <= delivered;
  }

  /** An extended keep-alive. */
  #extension(side: Side, from: Direction, bytes: Buffer): void {
    const kind = KINDS[bytes.readUInt8(1)] ?? 'unknown';
    const isAllowed = kind === 'HELLO' ? from.written === 4 + bytes.length : this.#knowsPeer(side);
    if (!isAllowed || kind === 'unknown') {
      this.fail(`${side} sends ${kind} too early or too late`);
    }
    if (kind === 'HELLO') {
      from.promise = bytes.readUInt32BE(3);
      from.helloEndsAt = from.written;
    }
    if (OF_THE_CONNECTION.has(kind)) {
      this.log.push(`${side} ${kind}`);
      return;
    }
    const id = bytes.readUInt32BE(2);
    const index = this.#index(side, from, id, kind === 'REFUSE');
    const half = this.#half(side, id, index);
    this.log.push(`${side} ${kind} ${id}`);
    const isKnown = half.isAnnounced || half.isPreAnnounced;
    const isInOrder = {
      STOP: isKnown && !half.hasSaidStop && !half.hasHeardEnd,
      REASON: half.isAnnounced && !half.hasEnded,
      REFUSE: !half.isAnnounced && !half.hasEnded && half.hasHeardOpening,
    }[kind];
    if (isInOrder !== true) {
      this.fail(`${side} sends ${kind} on ${id} in state ${JSON.stringify(half)}`);
    }
    half.hasSaidStop ||= kind === 'STOP';
    if (kind === 'REASON') {
      from.reasons.add(id);
    }
    if (kind === 'REFUSE') {
      half.isAnnounced = true;
      half.hasEnded = true;
      const endsAt = from.written;
      from.frames.push({ ...FRAME, from: side, id, index, isEnd: true, isOpening: true, endsAt });
    }
  }

  #frame(side: Side, from: Direction, bytes: Buffer): void {
    if (from.pendingData !== undefined) {
      const { id, seq } = from.pendingData;
      from.pendingData = undefined;
      this.#data(side, from, id, seq, bytes.length);
      return;
    }
    const name = NAMES[bytes.readUInt8(0)] ?? 'unknown';
    if (name === 'KEEP_ALIVE') {
      if (bytes.length > 1) {
        this.#extension(side, from, bytes);
      }
      return;
    }
    const id = bytes.readUInt32BE(1);
    if (name === 'DATA') {
      from.pendingData = { id, seq: bytes.readUInt32BE(5) };
      return;
    }
    const isHandshake = name === 'HANDSHAKE' || name === 'PRE_HANDSHAKE';
    const index = this.#index(side, from, id, isHandshake);
    const half = this.#half(side, id, index);
    const require = (isAllowed: boolean): void => {
      if (!isAllowed) {
        this.fail(`${side} sends ${name} on ${id} in state ${JSON.stringify(half)}`);
      }
    };
    let edge = 0;
    switch (name) {
      case 'HANDSHAKE':
        require(!half.isAnnounced && !half.hasEnded);
        half.isAnnounced = true;
        half.name = bytes.subarray(9).toString();
        edge = bytes.readUInt32BE(5);
        if (!half.hasHeardOpening && this.#knowsPeer(side)) {
          half.edge = this.#from[other(side)].promise;
        }
        break;
      case 'PRE_HANDSHAKE':
        require(!half.isAnnounced && !half.hasEnded);
        half.isPreAnnounced = true;
        edge = bytes.readUInt32BE(5) + (bytes.length === 13 ? bytes.readUInt32BE(9) : 0);
        break;
      case 'STATUS':
      case 'FINISHED_STATUS':
        require(half.isAnnounced && half.hasEnded === (name === 'FINISHED_STATUS'));
        edge = bytes.readUInt32BE(5) + bytes.readUInt32BE(9);
        break;
      case 'END':
      case 'ERROR_END':
        require(half.isAnnounced && !half.hasEnded);
        half.hasEnded = true;
        half.couldSayWhy = name === 'ERROR_END' && this.#isExtended && this.#knowsPeer(side);
        if (from.reasons.delete(id) && name === 'END') {
          this.fail(`${side} sends a reason for the END of ${id}`);
        }
        break;
      default:
        require(false);
    }
    this.log.push(`${side} ${name} ${id}${edge > 0 ? ` up to ${edge}` : ''}`);
    // Where something has been told before, the HANDSHAKE need not grant more.
    const isTold = half.isPreAnnounced || (half.hasHeardOpening && this.#isExtended);
    if (name === 'HANDSHAKE' && isTold) {
      // Of the window, bytes that came before it take up a part.
      const come = half.isPreAnnounced ? 0 : this.#half(other(side), id, index).delivered;
      half.window = Math.max(half.window ?? 0, edge + come);
      half.granted = Math.max(half.granted, edge);
    } else if (edge > 0) {
      this.#grant(side, id, half, edge);
    }
    const isEnd = name === 'END' || name === 'ERROR_END';
    const common = { ...FRAME, from: side, id, index, endsAt: from.written };
    from.frames.push({
      ...common,
      edge,
      isEnd,
      isOpening: isHandshake,
      isFirst: isHandshake && !half.hasHeardOpening,
      isHandshake: name === 'HANDSHAKE',
    });
  }

  #data(side: Side, from: Direction, id: number, seq: number, length: number): void {
    const index = this.#index(side, from, id, false);
    const half = this.#half(side, id, index);
    half.sent += length;
    this.log.push(`${side} DATA ${id} up to ${seq}`);
    if (!half.isAnnounced || half.hasEnded || length === 0 || half.sent !== seq || half.sent > half.edge) {
      this.fail(`${side} sends DATA up to ${seq} on ${id} in state ${JSON.stringify(half)}`);
    }
    const endsAt = from.written;
    from.frames.push({ ...FRAME, from: side, id, index, payload: length, endsAt });
  }

  #index(side: Side, from: Direction, id: number, isHandshake: boolean): number {
    const index = from.current.get(id);
    if (isHandshake && (index === undefined || this.#half(side, id, index).hasEnded)) {
      const next = index === undefined ? 0 : index + 1;
      from.current.set(id, next);
      return next;
    }
    if (index === undefined) {
      this.fail(`${side} speaks of ${id} before a handshake`);
      return 0;
    }
    return index;
  }

  #arrives(side: Side, frame: Frame, payload: number): void {
    this.#half(side, frame.id, frame.index).delivered += payload - frame.arrived;
    frame.arrived = payload;
  }

  #grant(side: Side, id: number, half: WireHalf, edge: number): void {
    half.window ??= edge;
    if (edge < half.granted) {
      this.fail(`${side} grants up to ${edge} on ${id}: ${JSON.stringify(half)}`);
    }
    half.granted = edge;
    this.onGrant(side);
  }
}
