import { bytesText, explanation, rateText, timeText, waitWords } from '../../src/inspector/words.js';
import { channelStats } from './stats.js';

describe('the words of the inspector', () => {
  it.each([
    [0, '0 B'],
    [640, '640 B'],
    [1024, '1.00 KiB'],
    [65_536, '64.0 KiB'],
    [819_200, '800 KiB'],
    [1_310_720, '1.25 MiB'],
    [5 * 2 ** 40, '5.00 TiB'],
    [5000 * 2 ** 40, '5000 TiB'],
  ])('say %d bytes as %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it('say nothing of a rate of 0', () => {
    expect(rateText(0)).toBe('');
    expect(rateText(2048)).toBe('2.00 KiB/s');
  });

  it.each([
    [0, '0.0 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_400, '59 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
  ])('say %d ms as %s', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });

  const states = channelStats().states;

  it.each([
    ['reader', 'come', 'not read here'],
    ['capacity', 'come', 'connection is full'],
    ['handshake', 'awaited', 'no answer yet'],
    ['credit', 'delayed', 'no answer yet'],
    ['credit', 'come', 'peer does not read'],
  ] as const)('name what is waited for: %s, handshake %s', (kind, peerHandshake, words) => {
    expect(waitWords({ for: kind, ms: 0 }, { ...states, peerHandshake })).toBe(words);
  });

  const stats = channelStats({ unread: 512, queued: 2048, sent: 3000, acknowledged: 2000 });
  const long = 72_000;

  it('explain that nothing waits', () => {
    expect(explanation(channelStats(), undefined)).toBe('Nothing waits.');
  });

  it('explain that nobody here reads', () => {
    expect(explanation(stats, { for: 'reader', ms: long })).toBe(
      'For 1 min 12 s nobody here takes what the peer has sent. 512 B lie here.',
    );
  });

  it('explain that the connection is full, be it for the end only', () => {
    const start =
      'At the moment the connection takes nothing of it: it is full, or other channels come first. ';
    expect(explanation(stats, { for: 'capacity', ms: 20 })).toBe(`${start}2.00 KiB are queued here.`);
    expect(explanation({ ...stats, queued: 0 }, { for: 'capacity', ms: 20 })).toBe(
      `${start}The end of this side’s half waits here.`,
    );
  });

  it('explain who has not answered', () => {
    const wait = { for: 'handshake', ms: long } as const;
    const explain = (handshake: 'answered' | 'delayed'): string =>
      explanation({ ...stats, states: { ...states, handshake } }, wait);
    expect(explain('answered')).toBe('For 1 min 12 s the peer has not answered. 2.00 KiB are queued here.');
    expect(explain('delayed')).toBe(
      'For 1 min 12 s this side has not answered the peer. 2.00 KiB are queued here.',
    );
  });

  it('explain that the peer does not read, or has not answered and takes no more', () => {
    const wait = { for: 'credit', ms: long } as const;
    const rest = '0.98 KiB are there, or on the way. 2.00 KiB are queued here.';
    expect(explanation(stats, wait)).toBe(
      `For 1 min 12 s the application of the peer does not read. ${rest}`,
    );
    expect(explanation({ ...stats, states: { ...states, peerHandshake: 'delayed' } }, wait)).toBe(
      `For 1 min 12 s the peer has not answered, and takes no more before it does. ${rest}`,
    );
  });
});
