import type { ChannelStats } from '../../src/channel/channel-stats.js';
import { ChannelWatch } from '../../src/inspector/channel-watch.js';
import { chooseRows } from '../../src/inspector/choose-rows.js';
import { FIRST_REQUEST, type Request, type SortKey } from '../../src/inspector/request.js';
import { channelStats } from './stats.js';

const muxes = [
  { key: 1, name: 'edge' },
  { key: 2, name: 'partner' },
] as const;

const channel = (
  key: number,
  before: Partial<ChannelStats>,
  now: Partial<ChannelStats> = before,
): ChannelWatch => {
  const watch = new ChannelWatch(key, muxes[key % 2] ?? muxes[0], channelStats({ id: key, ...before }), 0);
  watch.update(channelStats({ id: key, ...before }), 0, 100);
  watch.update(channelStats({ id: key, ...before, ...now }), 1000, 100);
  return watch;
};

const channels = [
  channel(1, { label: 'file 10' }, { received: 5000, sent: 10 }),
  channel(2, { label: 'file 9' }, { blockedBy: 'credit', blockedFor: 5000, sendWindow: 0, queued: 65_536 }),
  channel(3, { label: 'Alpha' }, { unread: 65_536, unreadFor: 400, receiveWindow: 0, received: 9000 }),
  channel(4, {}, { blockedBy: 'capacity', blockedFor: 100, sent: 7000, queued: 10 }),
];

const chosen = (request: Partial<Request>): number[] =>
  chooseRows(channels, { ...FIRST_REQUEST, ...request }).map(({ key }) => key);

describe('the rows that are shown', () => {
  it('begin with what has waited longest; a moment is no wait', () => {
    expect(chosen({})).toEqual([2, 3, 1, 4]);
  });

  it.each<[SortKey, boolean, number[]]>([
    ['waits', false, [1, 4, 3, 2]],
    ['label', false, [4, 3, 2, 1]],
    ['label', true, [1, 2, 3, 4]],
    ['in', true, [3, 1, 2, 4]],
    ['out', true, [4, 1, 2, 3]],
    ['window', true, [2, 4, 1, 3]],
    ['queue', true, [2, 4, 1, 3]],
    ['unread', true, [3, 1, 2, 4]],
  ])('are sorted by %s, descending: %s', (sort, descending, expected) => {
    expect(chosen({ sort, descending })).toEqual(expected);
  });

  it.each([
    ['FILE', [2, 1]],
    ['#3', [3]],
    ['stuck', [2]],
    ['credit', [2]],
    ['reader', [3]],
    ['file stuck', [2]],
    ['nothing of that', []],
    ['partner', [3, 1]],
  ])('have every word of the filter: %s', (filter, expected) => {
    expect(chosen({ filter })).toEqual(expected);
  });

  it('are in the order in which they came, where they are alike', () => {
    const alike = [3, 1, 2].map((key) => channel(key, { label: 'one' }));
    const keys = (sort: SortKey): number[] =>
      chooseRows(alike, { ...FIRST_REQUEST, sort }).map(({ key }) => key);
    expect([keys('label'), keys('queue')]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('are those of one mux, where that is wanted', () => {
    expect(chosen({ mux: 1 })).toEqual([2, 4]);
  });
});

describe('the bars of a row', () => {
  it('are empty where nothing has happened', () => {
    expect(channel(1, {}).row()).toMatchObject({
      window: 0,
      queue: 0,
      unread: 0,
      label: '',
      wait: undefined,
    });
  });

  it('show the window as used up where there is no credit, as far as bytes have been seen to fit', () => {
    expect(channel(1, {}, { sendWindow: 16_384 }).row().window).toBe(0.75);
    expect(channel(1, {}, { sendWindow: 0, sent: 65_536 }).row().window).toBe(1);
    expect(channel(1, { sendWindow: 0 }).row().window).toBe(0); // no window has been seen yet
  });

  it('show the queue beside the window', () => {
    expect(channel(1, {}, { queued: 65_536 }).row()).toMatchObject({ queue: 0.5, queued: 65_536 });
  });

  it('show how much of the receive window lies unread', () => {
    const row = channel(1, {}, { unread: 3000, receiveWindow: 1000 }).row();
    expect(row).toMatchObject({ unread: 0.75, unreadBytes: 3000 });
  });

  it('come with the last rates, and a label that is not too long', () => {
    const row = channel(1, { label: 'x'.repeat(500) }, { received: 1000 }).row();
    expect(row.label).toHaveLength(120);
    expect(row.ratesIn).toEqual([0, row.rateIn]);
    expect(row.rateIn).toBeGreaterThan(0);
  });
});
