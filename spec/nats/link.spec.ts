import { Flag } from '../../src/nats/session-message.js';
import { open, pair, type TestEnd } from './network.js';
import { there } from './there.js';

const LOST = { lost: 1, doubled: 0, delay: 1, jitter: 0 };
const FINE = { ...LOST, lost: 0 };

const write = (end: TestEnd, text: string): void => {
  end.do((link) => {
    link.write([Buffer.from(text)]);
  });
};

const end = (one: TestEnd): void => {
  one.do((link) => {
    link.end();
  });
};

/** What was sent since then. */
const bytesSince = (end: TestEnd, from: number): string[] =>
  end.sent
    .slice(from)
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ bytes }) => Buffer.from(bytes).toString());

describe('a link', () => {
  it('sends nothing before the far end is known', () => {
    const { clock, near } = pair();
    write(near, 'bytes');
    near.do((link) => {
      link.end();
    });
    clock.run(1e6);
    expect([near.sent, near.link.room]).toEqual([[], 0]);
  });

  it('sends no byte beyond what the far end takes, and the rest when that has taken it', () => {
    const { clock, near, far } = open();
    far.isReading = false;
    near.do((link) => {
      link.write([Buffer.alloc(25_000)]);
    });
    clock.run(clock.now + 100);
    expect([far.bytes.length, near.link.room]).toEqual([10_000, 0]);
    far.isReading = true;
    far.read();
    clock.run(clock.now + 100);
    expect([far.bytes.length, near.link.room]).toEqual([25_000, 10_000]);
  });

  it('takes the smaller of both high-water marks', () => {
    const { near, far } = open(undefined, 5000);
    expect([near.link.room, far.link.room]).toEqual([5000, 5000]);
    near.window = 300;
    near.do((link) => {
      link.back(); // says so
    });
    near.clock.run(near.clock.now + 10);
    expect([near.link.room, far.link.room]).toEqual([5000, 300]);
  });

  it('tells what was taken after 25 ms, or with what it sends anyway', () => {
    const { clock, near, far } = open();
    write(near, 'question');
    clock.run(clock.now + 10);
    const before = far.sent.length;
    clock.run(clock.now + 14);
    expect(far.sent).toHaveLength(before);
    clock.run(clock.now + 2);
    expect(far.sent.slice(before).map(({ taken }) => taken)).toEqual([8]);
    write(near, 'question');
    clock.run(clock.now + 2);
    write(far, 'answer');
    expect(far.sent.slice(before + 1).map(({ taken, bytes }) => [taken, String(bytes)])).toEqual([
      [16, 'answer'],
    ]);
    clock.run(clock.now + 100);
    expect(far.sent).toHaveLength(before + 2);
  });

  it('tells so in time, however often more is taken', () => {
    const { clock, near, far } = open();
    const before = far.sent.length;
    for (let i = 0; i < 4; i += 1) {
      write(near, 'x');
      clock.run(clock.now + 10);
    }
    expect(far.sent.slice(before).map(({ taken }) => taken)).toEqual([3]);
  });

  it('sends chunks that are together more than a message', () => {
    const { clock, near, far } = open();
    const chunks = ['a', 'b', 'c', 'd'].map((letter) => Buffer.alloc(600, letter));
    near.do((link) => {
      link.write(chunks);
    });
    clock.run(clock.now + 5);
    expect(far.bytes.toString()).toBe(chunks.join(''));
  });

  it('tells at once what was taken where the far end waits for it', () => {
    const { clock, near, far } = open(undefined, 10);
    const start = clock.now;
    near.do((link) => {
      link.write([Buffer.alloc(100)]);
    });
    clock.run(start + 22);
    expect(far.bytes).toHaveLength(100);
  });

  it('sends again what is missing as soon as what comes after it shows that', () => {
    const { clock, near, far } = open();
    near.weather = LOST;
    write(near, 'lost');
    near.weather = FINE;
    write(near, ' and found');
    clock.run(clock.now + 5);
    expect(far.bytes.toString()).toBe('lost and found');
    expect(far.said(Flag.again)).toHaveLength(1);
  });

  it('asks after 250 ms where nothing shows it, and then less and less often', () => {
    const { clock, near, far } = open();
    const [start, from] = [clock.now, near.said(Flag.ping).length];
    near.weather = LOST;
    write(near, 'lost');
    clock.run(start + 249);
    expect(near.said(Flag.ping)).toHaveLength(from);
    clock.run(start + 250);
    expect(near.said(Flag.ping)).toHaveLength(from + 1);
    clock.run(start + 749);
    expect(near.said(Flag.ping)).toHaveLength(from + 1);
    clock.run(start + 750);
    expect(near.said(Flag.ping)).toHaveLength(from + 2);
    near.weather = FINE;
    clock.run(start + 1380);
    expect(far.bytes.toString()).toBe('lost');
    expect(bytesSince(near, 0)).toEqual(['lost', 'lost']);
    const asked = near.said(Flag.ping).length;
    clock.run(start + 3000);
    expect(near.said(Flag.ping)).toHaveLength(asked); // all has arrived
  });

  it('sends nothing again that is only slow', () => {
    const { clock, near, far } = open();
    near.weather = { ...FINE, delay: 2000 };
    write(near, 'slow');
    clock.run(clock.now + 5000);
    expect(bytesSince(near, 0)).toEqual(['slow']);
    expect(far.bytes.toString()).toBe('slow');
  });

  it('sends again all that was lost at a reconnection, in either direction', () => {
    const { clock, near, far } = open();
    near.lose();
    write(near, 'from near');
    write(far, 'from far');
    clock.run(clock.now + 100);
    expect([near.bytes, far.bytes].map(String)).toEqual(['', '']);
    near.restore();
    clock.run(clock.now + 5);
    expect([near.bytes, far.bytes].map(String)).toEqual(['from far', 'from near']);
  });

  it('asks again after a reconnection until the far end is there, too', () => {
    const { clock, near, far } = open();
    near.lose();
    far.lose();
    write(near, 'bytes');
    near.restore();
    clock.run(clock.now + 2000);
    expect(bytesSince(near, 0)).toEqual([]);
    far.restore();
    clock.run(clock.now + 1000);
    expect(far.bytes.toString()).toBe('bytes');
  });

  it('finds in time that the far end is dead, and asks it three times before', () => {
    const { clock, near, far } = open();
    const start = clock.now;
    far.lose();
    clock.run(start + 9000);
    expect(near.happened).toEqual([]);
    clock.run(start + 10_000);
    expect(near.happened).toEqual(['silent']);
  });

  it('takes nobody for dead since it was asleep itself', () => {
    const { clock, near } = open();
    clock.now += 60_000;
    clock.run(clock.now + 60_000);
    expect(near.happened).toEqual([]);
  });

  it('takes nobody for dead while it has no connection itself', () => {
    const { clock, near } = open();
    near.lose();
    clock.run(clock.now + 1e6);
    expect([near.happened, near.link.dueAt]).toEqual([[], Infinity]);
  });

  it('takes nobody for dead whom it has asked before it lost its connection', () => {
    const { clock, near, far } = open();
    far.lose();
    clock.run(clock.now + 9000);
    near.lose();
    clock.run(clock.now + 60_000);
    far.restore();
    near.restore();
    clock.run(clock.now + 60_000);
    expect(near.happened).toEqual([]);
  });

  it('finds in time that the far end is dead though its own connection breaks again and again', () => {
    const { clock, near, far } = open();
    far.lose();
    let connected = 0;
    while (near.happened.length === 0 && connected < 60_000) {
      clock.run(clock.now + 900, () => near.happened.length > 0);
      connected += 900;
      near.lose();
      clock.run(clock.now + 5000);
      near.restore();
    }
    expect(near.happened).toEqual(['silent']);
    expect(connected).toBeGreaterThan(9000);
    expect(connected).toBeLessThan(12_000);
  });

  it('leaves the far end time to answer after a reconnection, however long there was nothing before', () => {
    const { clock, near, far } = open();
    far.lose();
    clock.run(clock.now + 9990);
    near.lose();
    near.restore();
    clock.run(clock.now + 600);
    far.restore();
    clock.run(clock.now + 60_000);
    expect(near.happened).toEqual([]);
  });

  it.each([
    { what: 'that something is missing', flags: Flag.again, number: 0 },
    { what: 'what nobody can know yet', flags: Flag.pong, number: 1 },
  ])('sends again once in 250 ms at most, however often the far end says $what', ({ flags, number }) => {
    const { clock, near, far } = open();
    near.weather = LOST;
    write(near, 'bytes');
    const header = there(far.sent.at(-1));
    const asked = there(near.said(Flag.ping).at(-1)).number;
    let count = 0;
    const say = (times: number): void => {
      for (let i = 0; i < times; i += 1) {
        count += 1;
        near.do((link) => {
          link.receive({ ...header, flags, number: asked + number * count, bytes: Buffer.alloc(0) });
        });
      }
    };
    near.do((link) => {
      link.back(); // asks for what the answer tells
    });
    const start = near.sent.length;
    say(100);
    expect(bytesSince(near, start)).toEqual(['bytes']);
    clock.run(clock.now + 249);
    say(1);
    expect(bytesSince(near, start)).toHaveLength(1);
    near.weather = FINE;
    clock.run(clock.now + 1000);
    expect(far.bytes.toString()).toBe('bytes');
    expect(bytesSince(near, start).length).toBeLessThanOrEqual(5);
  });

  it('remembers 64 questions to one who says everything but the answers', () => {
    const { clock, near, far } = open();
    near.weather = LOST;
    write(near, 'bytes');
    for (let i = 0; i < 200; i += 1) {
      clock.run(clock.now + 625);
      far.do((link) => {
        link.took(0);
      });
      write(far, 'x');
    }
    const asked = near.said(Flag.ping);
    expect(asked.length).toBeGreaterThan(100);
    near.weather = FINE;
    // The answer to an old question tells nothing any more.
    const header = there(far.sent.at(-1));
    const before = bytesSince(near, 0).length;
    near.do((link) => {
      link.receive({
        ...header,
        flags: Flag.pong,
        number: asked[5]?.number ?? 0,
        bytes: Buffer.alloc(0),
      });
    });
    expect(bytesSince(near, 0)).toHaveLength(before);
    near.do((link) => {
      link.receive({
        ...header,
        flags: Flag.pong,
        number: asked.at(-5)?.number ?? 0,
        bytes: Buffer.alloc(0),
      });
    });
    expect(bytesSince(near, 0)).toHaveLength(before + 1);
  });

  it('ends when all has arrived both ways, and both ends know', () => {
    const { clock, near, far } = open();
    write(near, 'all');
    near.do((link) => {
      link.end();
    });
    clock.run(clock.now + 5);
    expect([near.happened, far.happened]).toEqual([['arrived'], ['ended']]);
    write(far, 'and back');
    far.do((link) => {
      link.end();
    });
    clock.run(clock.now + 5);
    expect(near.happened).toEqual(['arrived', 'ended', 'over']);
    expect(far.happened).toEqual(['ended', 'arrived', 'over']);
    expect([near.bytes, far.bytes].map(String)).toEqual(['and back', 'all']);
  });

  it('answers for a while after its end, in case that its last word was lost', () => {
    const { clock, near, far } = open();
    for (const end of [near, far]) {
      end.do((link) => {
        link.end();
      });
    }
    near.weather = LOST;
    clock.run(clock.now + 1);
    near.weather = FINE;
    clock.run(clock.now + 1000);
    expect([near.happened, far.happened].map((all) => all.at(-1))).toEqual(['over', 'over']);
  });

  it('hears of the end when all before it has come', () => {
    const { clock, near, far } = open();
    near.weather = LOST;
    write(near, 'lost');
    near.weather = FINE;
    end(near);
    clock.run(clock.now + 1);
    expect(far.happened).toEqual([]);
    clock.run(clock.now + 5);
    expect([far.happened, String(far.bytes)]).toEqual([['ended'], 'lost']);
  });

  it('says no more than it is asked when the far end has ended', () => {
    const { clock, near, far } = open();
    end(near);
    clock.run(clock.now + 100);
    const before = far.sent.length;
    near.do((link) => {
      link.back(); // asks
    });
    clock.run(clock.now + 5);
    expect(far.sent).toHaveLength(before + 1);
  });

  it('is over when the far end knows that all has arrived, or has had as long as one who is taken for dead', () => {
    const { clock, near, far } = open();
    end(near);
    clock.run(clock.now + 5);
    near.weather = LOST;
    end(far);
    clock.run(clock.now + 10_000);
    expect(near.happened).toEqual(['arrived', 'ended']);
    clock.run(clock.now + 1);
    expect(near.happened).toEqual(['arrived', 'ended', 'over']);
  });
});
