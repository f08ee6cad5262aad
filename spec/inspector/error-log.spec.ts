import { ChannelError, CarrierEndedError, DecodeError, PeerError, ProtocolError } from '../../src/errors.js';
import { ErrorLog } from '../../src/inspector/error-log.js';

const logged = (...errors: readonly unknown[]): ErrorLog => {
  const log = new ErrorLog();
  errors.forEach((error, index) => {
    log.add(error, index, 'edge');
  });
  return log;
};

describe('the errors that are shown', () => {
  it('are the newest first, with the channel and the mux', () => {
    const { entries } = logged(
      new ProtocolError('data after end', { channelId: 4 }),
      new PeerError({ reason: { code: 'QUOTA', message: 'too much' } }),
    );
    expect(entries).toEqual([
      { at: 1, muxName: 'edge', channel: undefined, name: 'PeerError', text: 'peer error: QUOTA', count: 1 },
      { at: 0, muxName: 'edge', channel: 4, name: 'ProtocolError', text: 'data after end', count: 1 },
    ]);
  });

  it('say once, with a number, what came again and again', () => {
    const log = logged(
      new CarrierEndedError({ channelId: 1 }),
      new CarrierEndedError({ channelId: 2 }),
      new CarrierEndedError({ channelId: 3 }),
    );
    expect(log.entries).toMatchObject([{ at: 2, channel: 1, count: 3 }]);
    expect(log.version).toBe(3);
    log.add(new CarrierEndedError(), 3, 'other');
    expect(log.entries).toHaveLength(2);
  });

  it('are fifty at most', () => {
    const log = logged(...Array.from({ length: 60 }, (_, index) => new ProtocolError(`fault ${index}`)));
    expect(log.entries).toHaveLength(50);
    expect(log.entries[0]?.text).toBe('fault 59');
  });

  it('have the code of the system that is behind them', () => {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(logged(new CarrierEndedError({ cause })).entries[0]?.text).toBe(
      'carrier stream ended before end message received (ECONNRESET)',
    );
  });

  it('say nothing in words that are not of this package', () => {
    const cause = Object.assign(new SyntaxError('"secret" is not valid JSON'), { code: 'the secret' });
    const { entries } = logged(
      new Error('secret'),
      new ChannelError('CODE', 'secret'),
      'secret',
      new DecodeError('no message', { cause }),
      new ProtocolError('the peer does not speak this protocol: it began with "secret"'),
    );
    expect(JSON.stringify(entries)).not.toContain('secret');
    expect(entries.map(({ name, text }) => [name, text]).reverse()).toEqual([
      ['Error', ''],
      ['ChannelError', ''],
      ['error', ''],
      ['DecodeError', 'no message'],
      ['ProtocolError', 'the peer does not speak this protocol'],
    ]);
  });
});
