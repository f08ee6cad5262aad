import { defer, map, Subject, take } from 'rxjs';
import type { Sender } from '../../src/sender/sender.js';
import { listen } from '../support/listen.js';
import { TestCarrier } from '../support/test-carrier.js';
import { ControlOnly, start, WithBytes } from './fake-source.js';

/** A sender, and chunks that are worked through by `work`, each in a turn of its own. */
function receiving(work: (sender: Sender, text: string) => void, carrier = new TestCarrier()) {
  const { sender } = start({ carrier });
  const chunks$ = new Subject<Uint8Array>();
  const heard = listen(
    chunks$.pipe(
      sender.turnPerChunk(),
      map((chunk) => {
        const text = Buffer.from(chunk).toString();
        work(sender, text);
        return text;
      }),
    ),
  );
  return {
    carrier,
    sender,
    chunks$,
    heard,
    receive: (text: string | Uint8Array) => {
      chunks$.next(Buffer.from(text));
      return carrier.said.splice(0);
    },
  };
}

describe('Sender.turnPerChunk()', () => {
  it('passes on chunks, the end and the error of the source, and unsubscribes from it', () => {
    const { chunks$, heard, receive } = receiving(() => undefined);
    receive('a');
    receive('b');
    chunks$.complete();
    expect(heard).toEqual(['a', 'b', 'complete']);
    const failed = receiving(() => undefined);
    const error = new Error('cut');
    failed.chunks$.error(error);
    expect(failed.heard).toEqual([error]);
    const { sender } = start();
    const source$ = new Subject<Uint8Array>();
    source$.pipe(sender.turnPerChunk()).subscribe().unsubscribe();
    expect(source$.observed).toBe(false);
  });

  it('has what a chunk causes leave at its end, in one write', () => {
    const { carrier, receive } = receiving((sender) => {
      sender.requestTurn(new WithBytes(2, 3));
      sender.requestControl(new ControlOnly(1));
      expect(carrier.said).toEqual([]);
    });
    expect(receive('chunk')).toEqual(['END 1', 'DATA 2 seq=3 "xxx"']);
    expect(carrier.writes).toHaveLength(1);
  });

  it('takes a chunk that comes within another for part of its turn', () => {
    const texts: string[] = [];
    const { carrier, chunks$, receive } = receiving((sender, text) => {
      texts.push(text);
      sender.requestControl(new ControlOnly(texts.length));
      if (text === 'outer') {
        chunks$.next(Buffer.from('inner'));
        expect(carrier.said).toEqual([]);
      }
    });
    expect(receive('outer')).toEqual(['END 1', 'END 2']);
    expect(texts).toEqual(['outer', 'inner']);
  });
});

describe('Sender.requestGrant()', () => {
  const GRANTS = 'grants';

  /** Sources that ask to grant for each chunk: 1 for `grants`, 2 for anything else; and the end of bursts. */
  function inBursts() {
    const burstEnd$ = new Subject<void>();
    let asked = 0;
    const carrier = Object.assign(new TestCarrier(), {
      burstEnd$: defer(() => {
        asked += 1;
        return burstEnd$.pipe(take(1));
      }),
    });
    const given = receiving((sender, text) => {
      if (text === 'says something') {
        sender.requestControl(new ControlOnly(3));
      } else if (text !== 'nothing') {
        sender.requestGrant(new ControlOnly(text === GRANTS ? 1 : 2));
      }
    }, carrier);
    const ends = (): string[] => {
      burstEnd$.next();
      return carrier.said.splice(0);
    };
    return { ...given, carrier, burstEnd$, ends, asked: () => asked };
  }

  it('leaves with the chunk where the carrier knows no bursts', () => {
    const { receive } = receiving((sender) => {
      sender.requestGrant(new ControlOnly(1));
    });
    expect(receive(GRANTS)).toEqual(['END 1']);
  });

  it('leaves in the turn where no chunk is being worked through', async () => {
    const { carrier, sender, burstEnd$ } = inBursts();
    sender.requestGrant(new ControlOnly(1));
    expect(burstEnd$.observed).toBe(false);
    expect(await carrier.hears()).toEqual(['END 1']);
  });

  it('waits for the end of the burst, for which the carrier is asked once', async () => {
    const { carrier, receive, burstEnd$, ends, asked } = inBursts();
    expect(receive('nothing')).toEqual([]);
    expect(burstEnd$.observed).toBe(false);
    expect(receive(GRANTS)).toEqual([]);
    expect(receive('nothing')).toEqual([]);
    expect(receive('another')).toEqual([]);
    expect(asked()).toBe(1);
    expect(await carrier.hears()).toEqual([]);
    ends();
    expect(await carrier.hears()).toEqual(['END 1', 'END 2']);
    expect(burstEnd$.observed).toBe(false);
  });

  it('leaves with whatever else leaves before, and the end of the burst is nothing new then', async () => {
    const { carrier, receive, ends } = inBursts();
    expect(receive(GRANTS)).toEqual([]);
    expect(receive('says something')).toEqual(['END 1', 'END 3']);
    ends();
    expect(await carrier.hears()).toEqual([]);
  });

  it('waits for the end of a later burst in its turn', async () => {
    const { carrier, receive, ends } = inBursts();
    for (let i = 0; i < 3; i += 1) {
      receive(GRANTS);
      ends();
      expect(await carrier.hears()).toEqual(['END 1']);
    }
  });

  it('waits no longer once 256 KiB have been worked through since, and counts anew', async () => {
    const { carrier, receive, ends } = inBursts();
    const half = Buffer.alloc(131_072);
    receive(half); // 1
    expect(carrier.said).toEqual([]);
    expect(receive(half.subarray(1))).toEqual([]);
    expect(receive(Buffer.alloc(1))).toEqual(['END 2', 'END 2', 'END 2']);
    expect(receive(half)).toEqual([]);
    ends();
    expect(await carrier.hears()).toEqual(['END 2']);
    receive(half);
    expect(receive(half)).toEqual(['END 2', 'END 2']);
  });

  it('is not made any more once the sender has stopped, and nobody waits for the end of the burst', async () => {
    const { carrier, sender, receive, burstEnd$, ends } = inBursts();
    receive(GRANTS);
    sender.stop();
    expect(burstEnd$.observed).toBe(false);
    receive(GRANTS);
    expect(burstEnd$.observed).toBe(false);
    ends();
    expect(await carrier.hears()).toEqual([]);
  });
});
