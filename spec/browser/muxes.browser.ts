import type { muxes } from './page/muxes.js';
import type { BothSides } from './page/scenarios.js';
import type { Exchanged } from './shared/exchange.js';
import { WINDOW } from './shared/held-channel.js';
import { type Feature, where } from './support/features.js';
import { setStage, type Stage } from './support/stage.js';

/** With what they need that not every browser has. */
const WAYS: Readonly<Record<keyof typeof muxes, Feature | undefined>> = {
  'a WebSocket to a server': undefined,
  'what a worker and its page say to each other': undefined,
  'a port that was transferred to a worker': undefined,
  'an RTCDataChannel': 'RTCPeerConnection',
};

/** Ten channels of each side. */
const CHANNELS = 20;

describe('in a browser, muxes', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });

  afterEach(async () => {
    expect(await stage.uncaught()).toEqual([]);
  });

  afterAll(() => stage.close());

  const crossed = (side: readonly Exchanged[]): unknown[] =>
    side.map(({ id, sent, received }) => ({ id, sent: received, received: sent }));
  const straight = (side: readonly Exchanged[]): unknown[] =>
    side.map(({ id, sent, received }) => ({ id, sent, received }));

  for (const [name, feature] of Object.entries(WAYS)) {
    const way = name as keyof typeof muxes;
    where(feature)(`over ${way}`, () => {
      let sides: BothSides;

      beforeAll(async () => {
        sides = await stage.run('exchangeOver', way);
      });

      it('exchange random bytes through ten channels that each side opens at the same time', () => {
        const { near, far } = sides;
        expect(new Set(near.map(({ id }) => id)).size).toBe(CHANNELS);
        expect(straight(near)).toEqual(crossed(far));
        expect(new Set(near.map(({ sent }) => sent)).size).toBe(CHANNELS);
      });

      it('give chunks that are Uint8Arrays', () => {
        expect([...sides.near, ...sides.far].filter(({ areUint8Arrays }) => !areUint8Arrays)).toEqual([]);
      });

      it('carry calls of methods, whose values hold back the far end', async () => {
        const { sums, counted, doubled, error, taken, given, isOver } = await stage.run('call', way);
        expect(sums).toEqual(Array.from({ length: 100 }, (_, n) => 2 * n));
        expect([counted, doubled]).toEqual([
          [0, 1, 2],
          [2, 4],
        ]);
        expect(error).toEqual({ code: 'CODE', message: 'words', data: [1] });
        expect([taken, isOver]).toEqual([1000, true]);
        expect(given).toBeLessThan(10_000);
      });

      it('hold up the one channel that is not read until it is, at no more than its window', async () => {
        const { near, far, others, resumed } = await stage.run('holdOver', way);
        expect({ near, far }).toEqual({
          near: { sent: WINDOW, arrived: WINDOW },
          far: { sent: WINDOW, arrived: WINDOW },
        });
        expect(others.near).toHaveLength(CHANNELS);
        expect(straight(others.near)).toEqual(crossed(others.far));
        expect(straight([resumed.near])).toEqual(crossed([resumed.far]));
        expect(resumed.near.bytesSent).toBeGreaterThan(4 * WINDOW);
      });
    });
  }

  it('fail every channel, and close, when the server is killed in mid-transfer', async () => {
    const server = await stage.startServer();
    try {
      const result = await stage.run('killed', server.origin);
      const failures = Array.from({ length: CHANNELS }, () => 'CarrierEndedError');
      expect(result).toEqual({
        channels: failures,
        inbound: failures,
        arrivals: 'WebSocketClosedError',
        closed: 'complete',
        stillOpen: 0,
      });
    } finally {
      await server.kill();
    }
  });

  it('lose no byte, and no channel notices, when the server terminates the socket twenty times in mid-transfer', async () => {
    const { sides, resumptions, errors } = await stage.run('exchangeOverCuts', 20, 300_000);
    expect(sides.near).toHaveLength(CHANNELS);
    expect(straight(sides.near)).toEqual(crossed(sides.far));
    expect(errors).toEqual([]);
    expect(resumptions).toBe(20);
  });

  it('run one after the other over one worker, which may begin to listen late', async () => {
    const rounds = await stage.run('oneAfterTheOther', 3);
    expect(rounds).toHaveLength(3);
    for (const { near, far } of rounds) {
      expect(new Set(near.map(({ id }) => id)).size).toBe(CHANNELS);
      expect(straight(near)).toEqual(crossed(far));
    }
  });

  where('CompressionStream')('with streams that zip', () => {
    it('pipe web streams through them, there and back', async () => {
      const { sent, received, bytes, bytesOnTheWay } = await stage.run('zip');
      expect(received).toBe(sent);
      expect(bytesOnTheWay).toBeGreaterThan(1_000_000);
      expect(bytesOnTheWay).toBeLessThan(bytes);
    });
  });
});
