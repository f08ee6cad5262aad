import { finished } from 'node:stream';
import { type Channel, toDuplex, toWebStream } from '../../src/index.js';
import { Joined, settled } from './joined.js';
import { DONE, nothingUnhandled, Notes, PENDING } from './outcomes.js';
import { type Way, WAYS } from './ways.js';

const BYTES = 'unread';

/** A way that ends our inbound half. */
type EndingWay = Way & { readonly in: string };

interface Expected {
  /** What is told at once, though nobody reads. */
  readonly atOnce: string;
  /** What a reader that comes later gets: the bytes and the end, or the end alone. */
  readonly read: readonly string[];
}

const bytesThen = (end: string): Expected => ({ atOnce: PENDING, read: [BYTES, end] });
const atOnce = (end: string): Expected => ({ atOnce: end, read: [end] });

/** Whether it was we who ended it: bytes that wait are dropped by that. */
const isOurs = ({ name }: EndingWay): boolean => name.startsWith('our ');

/** `inbound$`: what the far side or the connection has ended, ends after the bytes. */
const ofSubjects = (way: EndingWay, end: string): Expected => (isOurs(way) ? atOnce(end) : bytesThen(end));

/** `readable`: the same, but a connection that is lost is told at once, unless the end had come before. */
const ofReadable = (way: EndingWay, end: string, hasPeerEnded: boolean): Expected =>
  isOurs(way) || (way.cut === true && !hasPeerEnded) ? atOnce(end) : bytesThen(end);

/**
 * A Duplex has taken the bytes already, so that it keeps them; but it is one stream for both halves, and is destroyed with
 * the first that fails otherwise than by the far side's error.
 */
function ofDuplex(way: EndingWay, end: string, hasPeerEnded: boolean): Expected {
  if (hasPeerEnded && way.cut === true && !isOurs(way)) {
    // The far side has said all it had to say. Our half can go on while the carrier takes bytes.
    return way.name === 'the carrier ends'
      ? bytesThen(DONE)
      : atOnce(way.name === 'the carrier is cut' ? way.in : 'CarrierFinishedError');
  }
  return way.cut === true || (isOurs(way) && end !== DONE) ? atOnce(way.in) : bytesThen(end);
}

/** Bytes of the far side wait here, and nobody reads them. */
async function start(): Promise<Joined> {
  const joined = new Joined();
  await joined.open('nothing');
  joined.theirs.outbound$.next(BYTES);
  await settled();
  return joined;
}

async function readAll(chunks: AsyncIterable<Uint8Array>, channel: Channel): Promise<string[]> {
  const notes = new Notes(channel.id);
  const read: string[] = [];
  notes.promise(
    'end',
    (async () => {
      for await (const chunk of chunks) {
        read.push(Buffer.from(chunk).toString());
      }
    })(),
  );
  await settled();
  return [...read, String(notes.outcomes['end'])];
}

const ENDING_WAYS = WAYS.filter(
  (way): way is EndingWay => way.in !== undefined && way.onlyUnanswered === undefined,
);

/** Each of them alone; and, where it is none of the far side's channel, after the far side has ended its half. */
const CASES = ENDING_WAYS.flatMap((way) => {
  const alone = [way.name, way, way.in, false] as const;
  // What comes after the end changes nothing, unless it is we who drop the bytes.
  const afterEnd = [`their end, then ${way.name}`, way, isOurs(way) ? way.in : DONE, true] as const;
  return /^their (outbound|destroy)/.test(way.name) ? [alone] : [alone, afterEnd];
});

describe.each(CASES)('where bytes wait that nobody has read, %s', (_name, way, end, hasPeerEnded) => {
  nothingUnhandled();

  const act = async (joined: Joined): Promise<void> => {
    if (hasPeerEnded) {
      joined.theirs.outbound$.complete();
      await settled();
    }
    way.act(joined);
    await settled();
  };

  it('tells subscribers that come later', async () => {
    const joined = await start();
    await act(joined);
    expect(await readAll(joined.ours, joined.ours)).toEqual(ofSubjects(way, end).read);
  });

  it('tells whoever has a web stream', async () => {
    const joined = await start();
    const { readable } = toWebStream(joined.ours);
    const notes = new Notes(joined.ours.id);
    const reader = readable.getReader();
    notes.promise('closed', reader.closed);
    await act(joined);
    const expected = ofReadable(way, end, hasPeerEnded);
    expect(notes.outcomes).toEqual({ closed: expected.atOnce });
    reader.releaseLock();
    expect(await readAll(readable, joined.ours)).toEqual(expected.read);
  });

  it('tells whoever has a Duplex', async () => {
    const joined = await start();
    const duplex = toDuplex(joined.ours);
    const notes = new Notes(joined.ours.id);
    finished(duplex, notes.callback('finished'));
    await settled();
    await act(joined);
    const expected = ofDuplex(way, end, hasPeerEnded);
    expect(notes.outcomes).toEqual({ finished: expected.atOnce });
    expect(await readAll(duplex, joined.ours)).toEqual(expected.read);
  });
});
