import { Inbox } from '../../src/carrier/inbox.js';
import { listen } from '../support/listen.js';

const [ONE, TWO, THREE] = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)];

function make() {
  const taken: number[] = [];
  return { inbox: new Inbox((bytes) => taken.push(bytes)), taken };
}

describe('Inbox', () => {
  it('keeps what comes until somebody subscribes, and tells how much and when it is taken', async () => {
    const { inbox, taken } = make();
    inbox.add(ONE);
    inbox.add(TWO);
    expect([inbox.held, taken]).toEqual([3, []]);
    const heard = listen(inbox.inbound$);
    await Promise.resolve();
    expect([heard, inbox.held, taken]).toEqual([[ONE, TWO], 0, [1, 2]]);
  });

  it('passes on at once what comes later', () => {
    const { inbox, taken } = make();
    const heard = listen(inbox.inbound$);
    inbox.add(ONE);
    inbox.end();
    expect([heard, inbox.held, taken]).toEqual([[ONE, 'complete'], 0, [1]]);
  });

  it('keeps the order where more comes while it delivers', async () => {
    const { inbox } = make();
    inbox.add(ONE);
    const heard: Uint8Array[] = [];
    inbox.inbound$.subscribe((chunk) => {
      heard.push(chunk);
      if (chunk === ONE) {
        inbox.add(THREE);
      }
    });
    inbox.add(TWO);
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
