import { Subject } from 'rxjs';
import { PeerError, ProtocolError } from '../../src/errors.js';
import { MuxList } from '../../src/inspector/mux-list.js';
import { Mux } from '../../src/index.js';
import { TestCarrier } from '../support/test-carrier.js';
import { FakeChannel, FakeMux } from './fake-mux.js';

describe('the list of muxes', () => {
  let list: MuxList;

  beforeEach(() => {
    list = new MuxList(() => 1);
  });

  const names = (): string[] => list.muxes.map(({ name }) => name);

  it('has each mux once, under its name', () => {
    const mux = new FakeMux();
    list.add(mux);
    list.add(new FakeMux(), 'edge');
    list.add(mux, 'again');
    list.add(new FakeMux());
    expect(names()).toEqual(['mux 1', 'edge', 'mux 3']);
  });

  it('has none that cannot be looked at', () => {
    for (const name of ['stats', 'openChannels', 'errors$', 'removed$', 'closed$']) {
      expect(() => {
        list.add(Object.assign(new FakeMux(), { [name]: undefined }));
      }).toThrow(new TypeError('mux must be a Mux, got an object'));
    }
    const unreadable = new Proxy(new Mux(new TestCarrier()), {});
    expect(() => {
      list.add(unreadable);
    }).toThrow(TypeError);
    expect(names()).toEqual([]);
  });

  it('notes down what goes wrong with a mux, and what breaks a channel', () => {
    const mux = new FakeMux();
    list.add(mux, 'edge');
    mux.errors$.next(new ProtocolError('second end', { channelId: 3 }));
    const [broken$, ended$] = [new Subject<void>(), new Subject<void>()];
    mux.removed$.next({ closed$: ended$ });
    mux.removed$.next({ closed$: broken$ });
    ended$.next();
    ended$.complete();
    broken$.error(new PeerError({ channelId: 4 }));
    expect(list.errors.entries).toMatchObject([
      { name: 'PeerError', channel: 4 },
      { name: 'ProtocolError', channel: 3 },
    ]);
  });

  it('keeps the last three that have ended', () => {
    const muxes = Array.from({ length: 5 }, () => new FakeMux());
    muxes.forEach((mux) => {
      list.add(mux);
    });
    muxes.slice(0, 4).forEach(({ closed$ }) => {
      closed$.next();
      closed$.complete();
    });
    expect(list.muxes.map(({ name, isOver }) => [name, isOver])).toEqual([
      ['mux 2', true],
      ['mux 3', true],
      ['mux 4', true],
      ['mux 5', false],
    ]);
  });

  it('keeps those that have ended last, whenever they were added', () => {
    const muxes = Array.from({ length: 4 }, () => new FakeMux());
    muxes.forEach((mux) => {
      list.add(mux);
    });
    muxes.reverse().forEach(({ closed$ }) => {
      closed$.next();
      closed$.complete();
    });
    expect(names()).toEqual(['mux 1', 'mux 2', 'mux 3']);
  });

  it('listens to nothing of a mux that has ended', () => {
    const mux = new FakeMux();
    list.add(mux);
    mux.closed$.complete();
    expect([mux.errors$.observed, mux.removed$.observed]).toEqual([false, false]);
  });

  it('listens to nothing, and takes none, when it has been cleared', () => {
    const mux = new FakeMux();
    list.add(mux);
    list.clear();
    list.add(new FakeMux());
    expect(names()).toEqual([]);
    expect([mux.errors$.observed, mux.removed$.observed, mux.closed$.observed]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('knows those again that are set once more, and listens to no others', () => {
    const [one, other, last] = [new FakeMux(), new FakeMux(), new FakeMux()];
    list.set([one, other]);
    const [first] = list.muxes;
    list.set([last, one]);
    expect(list.muxes.map(({ mux }) => mux)).toEqual([one, last]);
    expect(list.muxes[0]).toBe(first);
    expect([one, other, last].map(({ errors$ }) => errors$.observed)).toEqual([true, false, true]);
    list.set([]);
    expect(names()).toEqual([]);
    expect(one.closed$.observed).toBe(false);
  });

  it('gives each channel a key of its own', () => {
    const [one, other] = [new FakeChannel(), new FakeChannel()];
    expect(list.keyOf(one)).toBe(list.keyOf(one));
    expect(list.keyOf(one)).not.toBe(list.keyOf(other));
  });
});
