import { config, firstValueFrom, ReplaySubject, take, toArray } from 'rxjs';
import { Inbox } from '../../src/carrier/inbox.js';
import { listen } from '../support/listen.js';

/** Too large to be joined. */
const LARGE = 5000;

const [ONE, TWO, THREE] = [1, 2, 3].map((n) => Buffer.alloc(n * LARGE, n)) as [Buffer, Buffer, Buffer];

function make() {
  const taken: number[] = [];
  return { inbox: new Inbox((bytes) => taken.push(bytes)), taken };
}

describe('Inbox', () => {
  it('keeps what comes until somebody subscribes, and tells how much and when it is taken', async () => {
    const { inbox, taken } = make();
    inbox.add(ONE);
    inbox.add(TWO);
    expect([inbox.held, taken]).toEqual([3 * LARGE, []]);
    const heard = listen(inbox.inbound$);
    await Promise.resolve();
    expect([heard, inbox.held, taken]).toEqual([[ONE, TWO], 0, [LARGE, 2 * LARGE]]);
  });

  it('passes on at once what comes later', () => {
    const { inbox, taken } = make();
    const heard = listen(inbox.inbound$);
    inbox.add(ONE);
    inbox.end();
    expect([heard, inbox.held, taken]).toEqual([[ONE, 'complete'], 0, [LARGE]]);
  });

  it('keeps the order where more comes while it delivers', async () => {
    const { inbox } = make();
    inbox.add(ONE);
    const heard: Uint8Array[] = [];
    inbox.inbound$.subscribe((chunk) => {
      heard.push(chunk);
      if (heard.length === 1) {
        inbox.add(THREE);
      }
    });
    inbox.add(TWO);
    await Promise.resolve();
    expect(heard).toEqual([ONE, TWO, THREE]);
  });

  it('gives the last of what waits, be it one byte, to all before the end, also where one of them brings another', async () => {
    const { inbox } = make();
    const byte = Buffer.from('x');
    inbox.add(byte);
    inbox.end();
    const late: unknown[][] = [];
    inbox.inbound$.subscribe(() => late.push(listen(inbox.inbound$)));
    const heard = listen(inbox.inbound$);
    await Promise.resolve();
    expect([heard, late]).toEqual([[byte, 'complete'], [['complete']]]);
  });

  it('keeps no more memory for bytes that come one by one than a third more than they are', async () => {
    const { inbox, taken } = make();
    const { buffer } = new Uint8Array(65_536);
    for (let at = 0; at < 20_000; at += 1) {
      inbox.add(new Uint8Array(buffer, at, 1));
    }
    const memory = new Set<ArrayBufferLike>();
    let chunks = 0;
    inbox.inbound$.subscribe((chunk) => {
      memory.add(chunk.buffer);
      chunks += 1;
    });
    await Promise.resolve();
    expect(taken.reduce((sum, bytes) => sum + bytes)).toBe(20_000);
    expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(27_000);
    expect(chunks).toBeLessThan(10);
  });

  it('delivers what comes after it was dropped while it delivers', async () => {
    const { inbox } = make();
    [ONE, TWO, TWO].forEach((chunk) => {
      inbox.add(chunk);
    });
    const heard: Uint8Array[] = [];
    inbox.inbound$.subscribe((chunk) => {
      heard.push(chunk);
      if (heard.length === 2) {
        inbox.drop();
        inbox.add(THREE);
      }
    });
    await Promise.resolve();
    expect(heard).toEqual([ONE, TWO, THREE]);
  });

  it('delivers no more where it is dropped while it delivers', async () => {
    const { inbox } = make();
    inbox.add(ONE);
    inbox.add(TWO);
    const heard: unknown[] = [];
    inbox.inbound$.subscribe({
      next: (chunk) => {
        heard.push(chunk);
        inbox.drop();
        inbox.end();
      },
      complete: () => heard.push('complete'),
    });
    await Promise.resolve();
    expect(heard).toEqual([ONE, 'complete']);
    expect(inbox.held).toBe(0);
  });

  it('delivers all that waits, and what comes then, where RxJS is told to throw what a subscriber throws', async () => {
    const { inbox } = make();
    const mistake = new Error('mistake');
    const reported$ = new ReplaySubject<unknown>(9);
    config.onUnhandledError = (error) => {
      reported$.next(error);
    };
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = true;
    try {
      inbox.add(ONE);
      inbox.inbound$.subscribe(() => {
        throw mistake;
      });
      const heard = listen(inbox.inbound$);
      await Promise.resolve();
      inbox.add(TWO);
      expect(heard).toEqual([ONE, TWO]);
      expect(await firstValueFrom(reported$.pipe(take(2), toArray()))).toEqual([mistake, mistake]);
    } finally {
      config.onUnhandledError = null;
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      config.useDeprecatedSynchronousErrorHandling = false;
    }
  });

  it('ends once, with what was said first, also for those who come later', async () => {
    const { inbox } = make();
    const error = new Error('lost');
    inbox.add(ONE);
    inbox.end(error);
    inbox.end();
    const [first, second] = [listen(inbox.inbound$), listen(inbox.inbound$)];
    await Promise.resolve();
    expect([first, second]).toEqual([
      [ONE, error],
      [ONE, error],
    ]);
    expect(listen(inbox.inbound$)).toEqual([error]);
  });
});
