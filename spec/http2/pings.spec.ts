import { EventEmitter } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { Pings } from '../../src/http2/pings.js';

type Answer = (error: Error | null) => void;

/** A session that takes so many PINGs at a time, whose answers the test gives. */
class FakeSession extends EventEmitter {
  closed = false;
  destroyed = false;
  connecting = false;
  readonly said: number[] = [];
  readonly answers: Answer[] = [];

  constructor(private readonly limit: number) {
    super();
  }

  ping(payload: Buffer | Answer, callback: Answer = () => undefined): boolean {
    const answer = typeof payload === 'function' ? payload : callback;
    if (this.answers.length === this.limit) {
      answer(new Error('too many')); // as Node does, before it returns
      return false;
    }
    this.answers.push(answer);
    if (Buffer.isBuffer(payload)) {
      this.said.push(payload.readInt32BE(4));
    }
    return true;
  }

  answer(error: Error | null = null): void {
    this.answers.shift()?.(error);
  }
}

function pings(limit: number) {
  const [first, second] = [new FakeSession(limit), new FakeSession(limit)];
  const onStop = jest.fn();
  const sessions = [first, second] as unknown as ClientHttp2Session[];
  return { first, second, onStop, own: new Pings(sessions, onStop) };
}

describe('Pings', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('say no more at a time than a session takes, and the rest as answers come', () => {
    const { first: session, own } = pings(2);
    for (const key of [1, -3, 5]) {
      own.stop(key);
    }
    expect(session.said).toEqual([1, -3]);
    session.answer();
    expect(session.said).toEqual([1, -3, 5]);
  });

  it('say STOP over the session of its stream, and over the other one where that is closed', () => {
    const { first, second, own } = pings(10);
    const session = second as unknown as ClientHttp2Session;
    own.stop(1, session);
    expect([first.said, second.said]).toEqual([[], [1]]);
    second.closed = true;
    own.stop(3, session);
    expect([first.said, second.said]).toEqual([[3], [1]]);
  });

  it('say nothing of streams that are over before their turn comes', () => {
    const { first: session, own } = pings(2);
    for (const key of [1, -3, 5, 7]) {
      own.stop(key);
    }
    own.forget(5);
    own.forget(-3); // of which it has been said
    session.answer();
    expect(session.said).toEqual([1, -3, 7]);
  });

  it('leave room for others', () => {
    const { first: session, own } = pings(100);
    for (let key = 1; key <= 20; key += 1) {
      own.stop(key);
    }
    expect(session.said).toHaveLength(8);
  });

  it('are said again over the other session where the first one goes before it has answered', () => {
    const { first, second, own } = pings(10);
    own.stop(1);
    first.closed = true;
    first.answer(new Error('gone'));
    expect(second.said).toEqual([1]);
    second.destroyed = true;
    second.answer(new Error('gone'));
    own.stop(3);
    expect(second.said).toEqual([1]);
  });

  it('ask once at a time, for the latest, over a session that is connected', () => {
    const { first, second, own } = pings(10);
    first.connecting = true;
    const answered: number[] = [];
    for (const id of [1, 2, 3]) {
      own.ask(() => answered.push(id));
    }
    expect([first.answers.length, second.answers.length, own.isToAsk]).toEqual([0, 1, true]);
    second.answer();
    expect([answered, own.isToAsk]).toEqual([[1], false]);
    second.answer();
    expect(answered).toEqual([1, 3]);
  });

  it('ask over both sessions, and are answered when both are', () => {
    const { first, second, own } = pings(10);
    const answered = jest.fn();
    own.ask(answered);
    second.answer();
    expect(answered).not.toHaveBeenCalled();
    first.answer();
    expect(answered).toHaveBeenCalledTimes(1);
  });

  it('need no answer of a session that goes before it has answered', () => {
    const { first, second, own } = pings(10);
    const answered = jest.fn();
    own.ask(answered);
    first.closed = true;
    first.answer(new Error('gone'));
    expect(answered).not.toHaveBeenCalled();
    second.answer();
    expect(answered).toHaveBeenCalledTimes(1);
  });

  it('ask again only for the latest where a session has not taken one while another waits', () => {
    jest.useFakeTimers();
    const { first, second, own } = pings(1);
    first.ping(() => undefined);
    const answered: number[] = [];
    for (const id of [1, 2]) {
      own.ask(() => answered.push(id));
    }
    first.answer();
    second.answer();
    jest.runOnlyPendingTimers();
    first.answer();
    second.answer();
    expect([answered, second.answers, own.isToAsk]).toEqual([[2], [], false]);
  });

  it('try again in a while what a session does not take for the moment', () => {
    jest.useFakeTimers();
    const { first, second, own } = pings(1);
    second.closed = true;
    const others = jest.fn();
    first.ping(others);
    const answered: number[] = [];
    own.ask(() => answered.push(1));
    own.stop(1);
    own.ask(() => answered.push(2));
    expect([first.said, own.isToAsk, jest.getTimerCount()]).toEqual([[], true, 1]);
    jest.advanceTimersByTime(100);
    expect([first.said, own.isToAsk, jest.getTimerCount()]).toEqual([[], true, 1]);
    first.answer();
    expect(others).toHaveBeenCalledTimes(1);
    jest.runOnlyPendingTimers();
    expect(first.said).toEqual([1]);
    first.answer();
    jest.runOnlyPendingTimers();
    first.answer();
    expect([answered, own.isToAsk, jest.getTimerCount()]).toEqual([[2], false, 0]);
  });

  it('try no more where the sessions have gone meanwhile', () => {
    jest.useFakeTimers();
    const { first, second, own } = pings(0);
    own.ask(() => undefined);
    own.stop(1);
    first.destroyed = true;
    second.closed = true;
    jest.runOnlyPendingTimers();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('take nobody’s answer for one where the sessions go', () => {
    const { first: session, second, own } = pings(10);
    const answered = jest.fn();
    own.ask(answered);
    session.destroyed = true;
    second.closed = true;
    session.answer(new Error('gone'));
    second.answer(new Error('gone'));
    own.ask(answered);
    expect(answered).not.toHaveBeenCalled();
    expect([session.answers, second.answers]).toEqual([[], []]);
  });

  it('hear what theirs say, and nothing in those of others', () => {
    const { first: session, onStop } = pings(10);
    session.emit('ping', Buffer.from('rxm\x01\xff\xff\xff\xfd', 'latin1'));
    session.emit('ping', Buffer.from('rxm\x02\x00\x00\x00\x01', 'latin1'));
    expect(onStop.mock.calls).toEqual([[-3]]);
  });
});
