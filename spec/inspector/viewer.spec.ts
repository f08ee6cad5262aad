import { ProtocolError } from '../../src/errors.js';
import { MuxList } from '../../src/inspector/mux-list.js';
import { MAX_MUXES } from '../../src/inspector/picture.js';
import { FIRST_REQUEST } from '../../src/inspector/request.js';
import { Viewer } from '../../src/inspector/viewer.js';
import { FakeChannel, FakeMux } from './fake-mux.js';

const viewerOf = (...muxes: readonly FakeMux[]): { viewer: Viewer; list: MuxList } => {
  const list = new MuxList(() => 7);
  muxes.forEach((mux) => {
    list.add(mux);
  });
  return { viewer: new Viewer(list), list };
};

const stuck = { blockedBy: 'credit', blockedFor: 3000, sendWindow: 0, sent: 65_536 } as const;

describe('a picture', () => {
  it('has figures of the muxes and of their channels', () => {
    const mux = new FakeMux(new FakeChannel(stuck), new FakeChannel({ id: 2, label: 'prices' }));
    const { viewer } = viewerOf(mux);
    viewer.look(0, FIRST_REQUEST);
    mux.now = { bytesIn: 4000, bytesOut: 400 };
    const { muxes, rows, ...rest } = viewer.look(1000, FIRST_REQUEST);
    expect(muxes).toMatchObject([
      { key: 1, name: 'mux 1', isOver: false, stuck: 1, stats: { bytesIn: 4000 } },
    ]);
    const [{ rateIn, rateOut } = { rateIn: 0, rateOut: 0 }] = muxes;
    expect(rateIn).toBeGreaterThan(3000);
    expect(rateIn / rateOut).toBeCloseTo(10, 0);
    expect(rows.map(({ id, label, window, wait }) => ({ id, label, window, wait }))).toEqual([
      { id: 1, label: '', window: 1, wait: { for: 'credit', ms: 3000 } },
      { id: 2, label: 'prices', window: 0, wait: undefined },
    ]);
    expect(rest).toMatchObject({
      at: 1000,
      muxCount: 1,
      channels: 2,
      stuck: 1,
      matching: 2,
      from: 0,
      detailAt: -1,
    });
  });

  it('has those rows only that are seen, and as many as there are', () => {
    const channels = Array.from({ length: 100 }, (_, id) => new FakeChannel({ id }));
    const { viewer } = viewerOf(new FakeMux(...channels));
    const ids = (from: number): number[] =>
      viewer.look(0, { ...FIRST_REQUEST, from, count: 4 }).rows.map(({ id }) => id);
    expect(ids(10)).toEqual([10, 11, 12, 13]);
    expect(ids(98)).toEqual([96, 97, 98, 99]);
    expect(ids(5000)).toEqual([96, 97, 98, 99]);
    expect(viewer.look(0, { ...FIRST_REQUEST, count: 4, filter: '#7' })).toMatchObject({
      matching: 11,
      channels: 100,
    });
  });

  it('has so many muxes at most, and the channels of all', () => {
    const muxes = Array.from({ length: MAX_MUXES + 2 }, () => new FakeMux(new FakeChannel(stuck)));
    const picture = viewerOf(...muxes).viewer.look(0, FIRST_REQUEST);
    expect(picture.muxes).toHaveLength(MAX_MUXES);
    expect(picture).toMatchObject({ muxCount: MAX_MUXES + 2, channels: MAX_MUXES + 2, stuck: MAX_MUXES + 2 });
  });

  it('knows a channel that has got the number of another one as another one', () => {
    const mux = new FakeMux(new FakeChannel());
    const { viewer } = viewerOf(mux);
    const [before] = viewer.look(0, FIRST_REQUEST).rows;
    mux.openChannels.set(0, new FakeChannel());
    const [after] = viewer.look(100, FIRST_REQUEST).rows;
    expect(after?.key).not.toBe(before?.key);
  });

  describe('of a channel in detail', () => {
    const open = () => {
      const channel = new FakeChannel({ id: 5, queued: 10, sent: 30, acknowledged: 10 });
      const mux = new FakeMux(new FakeChannel({ id: 4 }), channel);
      const { viewer } = viewerOf(mux);
      const { rows } = viewer.look(0, FIRST_REQUEST);
      return { channel, mux, viewer, request: { ...FIRST_REQUEST, detail: rows[1]?.key } };
    };

    it('has all its figures and its place, and what is known from before', () => {
      const { viewer, request } = open();
      viewer.look(250, FIRST_REQUEST);
      const { detail, detailAt } = viewer.look(500, request);
      expect(detailAt).toBe(1);
      expect(detail).toMatchObject({ id: 5, isGone: false, stats: { queued: 10, sent: 30 } });
      expect(detail?.samples.map(({ at, inFlight, queued }) => [at, inFlight, queued])).toEqual([
        [0, 20, 10],
        [250, 20, 10],
        [500, 20, 10],
      ]);
    });

    it('has from then on what is new', () => {
      const { viewer, request } = open();
      viewer.look(250, request);
      expect(viewer.look(500, request).detail?.samples.map(({ at }) => at)).toEqual([500]);
      viewer.look(750, { ...request, detail: undefined });
      expect(viewer.look(1000, request).detail?.samples).toHaveLength(5);
    });

    it('has no sample more than two in an interval, however often one looks', () => {
      const { viewer, request } = open();
      for (let at = 1; at <= 250; at += 1) {
        viewer.look(at, FIRST_REQUEST);
      }
      expect(viewer.look(251, request).detail?.samples.map(({ at }) => at)).toEqual([0, 125, 250]);
    });

    it('goes on where the clock has been put back', () => {
      const { viewer, request } = open();
      viewer.look(250, request);
      const times = [-10_000, -9750].map((now) =>
        viewer.look(now, request).detail?.samples.map(({ at }) => at),
      );
      expect(times).toEqual([[-10_000], [-9750]]);
    });

    it('says that it is gone, with its last figures', () => {
      const { viewer, mux, request } = open();
      viewer.look(250, request);
      mux.openChannels.clear();
      const picture = viewer.look(500, request);
      expect(picture).toMatchObject({ channels: 0, detailAt: -1 });
      expect(picture.detail).toMatchObject({ id: 5, isGone: true, stats: { sent: 30 } });
    });

    it('has nothing where nobody knows the channel', () => {
      const { viewer } = open();
      expect(viewer.look(0, { ...FIRST_REQUEST, detail: 99 })).toMatchObject({
        detail: undefined,
        detailAt: -1,
      });
    });
  });

  it('is of the moment of the one before where it is paused, whatever part of it is wanted', () => {
    const channel = new FakeChannel({ sent: 10 });
    const { viewer } = viewerOf(new FakeMux(channel, new FakeChannel({ id: 2, label: 'other' })));
    viewer.look(100, FIRST_REQUEST);
    channel.now = { ...stuck };
    const paused = { ...FIRST_REQUEST, paused: true };
    expect(viewer.look(5000, paused)).toMatchObject({ at: 100, stuck: 0, matching: 2 });
    expect(viewer.look(6000, { ...paused, filter: 'other' })).toMatchObject({ at: 100, matching: 1 });
    expect(viewer.look(7000, FIRST_REQUEST)).toMatchObject({ at: 7000, stuck: 1 });
  });

  it('is one of now where it is paused from the beginning', () => {
    const { viewer } = viewerOf(new FakeMux(new FakeChannel()));
    expect(viewer.look(100, { ...FIRST_REQUEST, paused: true })).toMatchObject({ at: 100, channels: 1 });
  });

  it('has the errors where there are others than before', () => {
    const mux = new FakeMux();
    const { viewer } = viewerOf(mux);
    expect(viewer.look(0, FIRST_REQUEST).errors).toBeUndefined();
    mux.errors$.next(new ProtocolError('second end'));
    expect(viewer.look(1, FIRST_REQUEST).errors).toMatchObject([
      { at: 7, text: 'second end', muxName: 'mux 1' },
    ]);
    expect(viewer.look(2, FIRST_REQUEST).errors).toBeUndefined();
  });
});
