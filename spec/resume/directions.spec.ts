import fc from 'fast-check';
import { Received } from '../../src/resume/received.js';
import { Sent } from '../../src/resume/sent.js';

const protocolError = expect.objectContaining({ code: 'ERR_RXMUX_PROTOCOL' }) as Error;

describe('Sent and Received', () => {
  /** What may happen next: bytes are written, some of those under way are delivered, an acknowledgement is, or all is cut. */
  const event = fc.oneof(
    fc.record({ what: fc.constant('write' as const), size: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ what: fc.constant('deliver' as const), size: fc.integer({ min: 1, max: 700 }) }),
    fc.record({ what: fc.constant('acknowledge' as const), size: fc.constant(0) }),
    fc.record({ what: fc.constant('cut' as const), size: fc.constant(0) }),
  );

  it('bring every byte once and in order over any number of connections, and never keep more than the buffer', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200 }),
        fc.integer({ min: 1, max: 2000 }),
        (events, bufferSize) => {
          const sent = new Sent(bufferSize);
          const received = new Received();
          received.peerKeeps(bufferSize);
          const arrived: number[] = [];
          let written = 0;
          let underWayTo = 0; // what has been written to this connection
          let deliveredTo = 0;
          const deliver = (size: number): void => {
            const bytes = Buffer.concat(sent.read(deliveredTo, size)).subarray(
              0,
              Math.min(size, underWayTo - deliveredTo),
            );
            arrived.push(...bytes);
            received.take(bytes.length);
            deliveredTo += bytes.length;
          };
          const resume = (): void => {
            received.lose();
            const position = received.tell();
            sent.acknowledge(position);
            [deliveredTo, underWayTo] = [Math.min(position, sent.end), sent.end];
          };
          for (const { what, size } of events) {
            if (what === 'write') {
              const bytes = Math.min(size, sent.room);
              sent.write([Buffer.from(Array.from({ length: bytes }, (_, i) => (written + i) % 251))]);
              written += bytes;
              underWayTo = sent.end;
            } else if (what === 'deliver') {
              deliver(size);
            } else if (what === 'acknowledge') {
              sent.acknowledge(received.tell());
            } else {
              resume();
            }
            expect(sent.kept).toBeLessThanOrEqual(bufferSize);
            expect(sent.room).toBe(bufferSize - sent.kept);
          }
          resume();
          deliver(Infinity);
          sent.finish();
          received.end(sent.end, 0);
          sent.acknowledge(received.tell());
          expect(sent).toMatchObject({ isOver: true, kept: 0 });
          expect(arrived).toEqual(Array.from({ length: written }, (_, i) => i % 251));
        },
      ),
    );
  });
});

describe('Sent', () => {
  const sent = (bytes: number): Sent => {
    const one = new Sent(100);
    one.write([Buffer.alloc(bytes)]);
    return one;
  };

  it('keeps hardly more memory than there are bytes, though others share the memory that these come in', () => {
    const sent = new Sent(1_000_000);
    for (let i = 0; i < 10; i += 1) {
      const [slab, large] = [Buffer.alloc(32_768, i), Buffer.alloc(131_072, i)];
      sent.write([slab.subarray(0, 4200), slab.subarray(4200, 4300), large]);
    }
    const kept = sent.read(0, Infinity);
    const all = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(4300 + 131_072, i)));
    expect(Buffer.concat(kept).equals(all)).toBe(true);
    const sizes = [...new Set(kept.map(({ buffer }) => buffer))].map(({ byteLength }) => byteLength);
    expect(sizes.filter((size) => size === 131_072)).toHaveLength(10);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(10 * (131_072 + (4300 * 4) / 3));
  });

  it('refuses a position behind what has been sent, and one before what has been acknowledged', () => {
    const one = sent(10);
    one.acknowledge(4);
    expect(() => {
      one.acknowledge(11);
    }).toThrow(protocolError);
    expect(() => {
      one.acknowledge(3);
    }).toThrow(protocolError);
    expect(one.kept).toBe(6);
  });

  it('counts the end for a byte, which cannot be had before it has been sent, and not be given back', () => {
    const one = sent(10);
    expect(() => {
      one.acknowledge(11);
    }).toThrow(protocolError);
    one.finish();
    one.acknowledge(10);
    expect(one.isOver).toBe(false);
    one.acknowledge(11);
    expect(one.isOver).toBe(true);
    one.acknowledge(11);
    expect(() => {
      one.acknowledge(10);
    }).toThrow(protocolError);
  });

  it('has no room, and not less, beyond its buffer', () => {
    expect(sent(150).room).toBe(0);
  });

  it('lets go of everything', () => {
    const one = sent(10);
    one.drop();
    expect(one.kept).toBe(0);
  });
});

describe('Received', () => {
  it('is to be acknowledged after a quarter of what the far end keeps', () => {
    const one = new Received();
    one.peerKeeps(400);
    one.take(99);
    expect(one).toMatchObject({ isNews: true, isDue: false });
    one.take(1);
    expect(one.isDue).toBe(true);
    expect(one.tell()).toBe(100);
    expect(one).toMatchObject({ isNews: false, isDue: false });
  });

  it('is worth telling along with something else after a sixteenth of what the far end keeps', () => {
    const one = new Received();
    one.take(24);
    expect(one.isWorthTelling).toBe(false); // of what is not known
    one.peerKeeps(400);
    expect(one.isWorthTelling).toBe(false);
    one.take(1);
    expect(one).toMatchObject({ isWorthTelling: true, isDue: false });
    one.tell();
    expect(one.isWorthTelling).toBe(false);
  });

  it('counts the end for one byte', () => {
    const one = new Received();
    one.take(3);
    one.tell();
    one.end(3, 0);
    expect(one).toMatchObject({ hasEnded: true, isNews: true, position: 4 });
    one.tell();
    expect(one.isNews).toBe(false);
  });

  it('has ended when all before the end has been taken', () => {
    const one = new Received();
    one.end(5, 5);
    expect(one).toMatchObject({ isEndKnown: true, hasEnded: false, position: 0 });
    one.take(5);
    expect(one).toMatchObject({ hasEnded: true, position: 6 });
  });

  it('forgets an end before which bytes were lost', () => {
    const one = new Received();
    one.end(5, 5);
    one.lose();
    expect(one.isEndKnown).toBe(false);
    one.take(5);
    one.end(5, 0);
    one.lose();
    expect(one.hasEnded).toBe(true);
  });

  it('refuses an end that is not behind all that has come', () => {
    const one = new Received();
    one.take(5);
    expect(() => {
      one.end(4, 0);
    }).toThrow(protocolError);
    expect(() => {
      one.end(6, 0);
    }).toThrow(protocolError);
  });
});
