import { of, Subject } from 'rxjs';
import type { Delivery } from '../../src/index.js';
import { iterate } from '../../src/channel/iterate.js';

/** A source of deliveries that notes which were acknowledged, and whether the iteration was left. */
function setUp() {
  const deliveries$ = new Subject<Delivery>();
  const acknowledged: string[] = [];
  const onLeave = jest.fn();
  const deliver = (text: string): void => {
    deliveries$.next({ chunk: Buffer.from(text), ack: () => acknowledged.push(text) });
  };
  return { deliveries$, acknowledged, onLeave, deliver, chunks: iterate(deliveries$, onLeave) };
}

const textOf = ({ value }: IteratorResult<Buffer, void>): string | undefined => value?.toString();

describe('iterate', () => {
  it('asks for nothing before the first chunk is asked for', () => {
    const { deliveries$, chunks } = setUp();
    expect(deliveries$.observed).toBe(false);
    void chunks.next();
    expect(deliveries$.observed).toBe(true);
  });

  it('waits for a chunk that has not come yet', async () => {
    const { chunks, deliver } = setUp();
    const first = chunks.next();
    deliver('a');
    expect(textOf(await first)).toBe('a');
    const second = chunks.next();
    deliver('b');
    expect(textOf(await second)).toBe('b');
  });

  it('gives chunks in the order in which they came, however many came at once', async () => {
    const { chunks, deliver } = setUp();
    const first = chunks.next();
    for (const text of ['a', 'b', 'c']) {
      deliver(text);
    }
    expect(textOf(await first)).toBe('a');
    expect(textOf(await chunks.next())).toBe('b');
    expect(textOf(await chunks.next())).toBe('c');
  });

  it('gives chunks that its source has ready', async () => {
    const texts: string[] = [];
    const ready = ['a', 'b'].map((text) => ({ chunk: Buffer.from(text), ack: () => undefined }));
    for await (const chunk of iterate(of(...ready), () => undefined)) {
      texts.push(chunk.toString());
    }
    expect(texts).toEqual(['a', 'b']);
  });

  it('acknowledges a chunk when the next one is asked for', async () => {
    const { chunks, deliver, acknowledged } = setUp();
    const first = chunks.next();
    deliver('a');
    deliver('b');
    await first;
    expect(acknowledged).toEqual([]);
    await chunks.next();
    expect(acknowledged).toEqual(['a']);
    void chunks.next();
    expect(acknowledged).toEqual(['a', 'b']);
  });

  it('ends with its source, after all chunks', async () => {
    const { deliveries$, chunks, deliver, acknowledged, onLeave } = setUp();
    const first = chunks.next();
    deliver('a');
    deliver('b');
    deliveries$.complete();
    const texts = [textOf(await first)];
    for await (const chunk of chunks) {
      texts.push(chunk.toString());
    }
    expect(texts).toEqual(['a', 'b']);
    expect(acknowledged).toEqual(['a', 'b']);
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it('ends where its source completes while a chunk is waited for', async () => {
    const { deliveries$, chunks, onLeave } = setUp();
    const first = chunks.next();
    deliveries$.complete();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(onLeave).toHaveBeenCalledTimes(1);
  });

  it.each([new Error('of the channel'), undefined])(
    'throws the error of its source, after all chunks: %p',
    async (error) => {
      const { deliveries$, chunks, deliver, acknowledged, onLeave } = setUp();
      const first = chunks.next();
      deliver('a');
      deliveries$.error(error);
      expect(textOf(await first)).toBe('a');
      await expect(chunks.next()).rejects.toBe(error);
      expect(acknowledged).toEqual(['a']);
      expect(onLeave).toHaveBeenCalledTimes(1);
    },
  );

  it('throws the error of its source where that comes while a chunk is waited for', async () => {
    const { deliveries$, chunks } = setUp();
    const first = chunks.next();
    const error = new Error('of the channel');
    deliveries$.error(error);
    await expect(first).rejects.toBe(error);
  });

  it('lets go of its source and tells when the loop is left', async () => {
    const { deliveries$, chunks, deliver, acknowledged, onLeave } = setUp();
    const first = chunks.next();
    deliver('a');
    deliver('b');
    await first;
    for await (const chunk of chunks) {
      expect(chunk.toString()).toBe('b');
      expect(onLeave).not.toHaveBeenCalled();
      break;
    }
    expect(deliveries$.observed).toBe(false);
    expect(onLeave).toHaveBeenCalledTimes(1);
    expect(acknowledged).toEqual(['a']); // what was left in the middle was not dealt with
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('lets go of its source and tells when the loop throws', async () => {
    const { deliveries$, chunks, deliver, onLeave } = setUp();
    const first = chunks.next();
    deliver('a');
    await first;
    deliver('b');
    const loop = async (): Promise<void> => {
      for await (const chunk of chunks) {
        throw new Error(`of the loop, at ${chunk.toString()}`);
      }
    };
    await expect(loop()).rejects.toThrow('of the loop, at b');
    expect(deliveries$.observed).toBe(false);
    expect(onLeave).toHaveBeenCalledTimes(1);
  });
});
