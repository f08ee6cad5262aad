import { Subject } from 'rxjs';
import type { Delivery } from '../../src/index.js';
import { InboundHalf } from '../../src/channel/inbound-half.js';
import { iterate } from '../../src/channel/iterate.js';
import { ReceiveWindow } from '../../src/flow/receive-window.js';

/** An iteration over what a channel's inbound half receives. */
function setUp() {
  const half = new InboundHalf(new ReceiveWindow(1000), true, {
    onConsumed: () => undefined,
    onInboundOver: () => undefined,
    onCancelled: () => undefined,
    onLost: () => undefined,
    now: 0,
  });
  half.grantAtOnce();
  const onLeave = jest.fn();
  let seq = 0;
  const receive = (text: string): void => {
    seq += text.length;
    half.receive(Buffer.from(text), seq);
  };
  /** Bytes that have been dealt with: what was received, less what still takes up the window. */
  const consumed = (): number => seq - (1000 - half.grantAtOnce());
  return {
    half,
    onLeave,
    receive,
    consumed,
    chunks: iterate(half.deliveries$, ({ chunk }) => chunk, onLeave),
  };
}

const textOf = ({ value }: IteratorResult<Buffer, void>): string | undefined => value?.toString();

describe('iterate', () => {
  it('subscribes only while a chunk is asked for, so that what comes meanwhile waits where it is counted', async () => {
    const deliveries$ = new Subject<Delivery>();
    const chunks = iterate(
      deliveries$,
      ({ chunk }) => chunk,
      () => undefined,
    );
    expect(deliveries$.observed).toBe(false);
    const first = chunks.next();
    expect(deliveries$.observed).toBe(true);
    deliveries$.next({ chunk: Buffer.from('a'), ack: () => undefined });
    expect(deliveries$.observed).toBe(false);
    expect(textOf(await first)).toBe('a');
    expect(deliveries$.observed).toBe(false);
  });

  it('waits for a chunk that has not come yet', async () => {
    const { chunks, receive } = setUp();
    const first = chunks.next();
    receive('a');
    expect(textOf(await first)).toBe('a');
    const second = chunks.next();
    receive('b');
    expect(textOf(await second)).toBe('b');
  });

  it('gives all bytes in the order in which they came, those that waited in one piece', async () => {
    const { chunks, receive } = setUp();
    const first = chunks.next();
    for (const text of ['a', 'b', 'c']) {
      receive(text);
    }
    expect(textOf(await first)).toBe('a');
    expect(textOf(await chunks.next())).toBe('bc');
  });

  it('acknowledges a chunk when the next one is asked for', async () => {
    const { chunks, receive, consumed } = setUp();
    const first = chunks.next();
    receive('one');
    await first;
    expect(consumed()).toBe(0);
    void chunks.next();
    await Promise.resolve();
    expect(consumed()).toBe(3);
  });

  it('ends with its source, after all chunks', async () => {
    const { half, chunks, receive, onLeave } = setUp();
    const first = chunks.next();
    receive('a');
    receive('b');
    half.end({});
    const texts = [textOf(await first)];
    for await (const chunk of chunks) {
      texts.push(chunk.toString());
    }
    expect(texts).toEqual(['a', 'b']);
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it('ends where its source completes while a chunk is waited for', async () => {
    const { half, chunks, onLeave } = setUp();
    const first = chunks.next();
    half.end({});
    expect(await first).toEqual({ done: true, value: undefined });
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it.each([new Error('of the channel'), undefined])(
    'throws the error of its source, after all chunks: %p',
    async (error) => {
      const { half, chunks, receive, onLeave } = setUp();
      const first = chunks.next();
      receive('a');
      half.end({ error });
      expect(textOf(await first)).toBe('a');
      await expect(chunks.next()).rejects.toBe(error);
      expect(onLeave).toHaveBeenCalledTimes(1);
    },
  );

  it('tells when the loop is left, and what was left in the middle was not dealt with', async () => {
    const { chunks, receive, consumed, onLeave } = setUp();
    receive('a');
    for await (const chunk of chunks) {
      expect(chunk.toString()).toBe('a');
      expect(onLeave).not.toHaveBeenCalled();
      break;
    }
    expect(onLeave).toHaveBeenCalledTimes(1);
    expect(consumed()).toBe(0);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('tells when the loop throws', async () => {
    const { chunks, receive, onLeave } = setUp();
    receive('a');
    const loop = async (): Promise<void> => {
      for await (const chunk of chunks) {
        throw new Error(`of the loop, at ${chunk.toString()}`);
      }
    };
    await expect(loop()).rejects.toThrow('of the loop, at a');
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it.each(['return', 'throw'] as const)('is left at once by %s() while it waits for a chunk', async (how) => {
    const { half, chunks, receive, onLeave } = setUp();
    const waiting = [chunks.next(), chunks.next()];
    const left = chunks[how](undefined).catch(() => 'thrown');
    expect(onLeave).toHaveBeenCalledTimes(1);
    expect(half.isObserved).toBe(false);
    const over = { done: true, value: undefined };
    expect(await Promise.all(waiting)).toEqual([over, over]);
    expect(await left).toEqual(how === 'return' ? over : 'thrown');
    receive('late');
    expect(await chunks.next()).toEqual(over);
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it.each(['return', 'throw'] as const)('is left by %s() before it has begun', async (how) => {
    const { chunks, onLeave } = setUp();
    await chunks[how](undefined).catch(() => undefined);
    expect(onLeave).toHaveBeenCalledTimes(1);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });
});
