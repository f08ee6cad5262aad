import fc from 'fast-check';
import { LineControl } from '../../src/flow/line-control.js';
import { timeOfAnswer } from '../../src/flow/way-back.js';
import { type LineLook, SimulatedLine } from './support/simulated-line.js';

/** A line of so many Mbit/s, and of so many ms each way. */
const look = (megabits: number, delay = 0.1): LineLook => ({ rate: 125 * megabits, delay });

/** Nothing is received. */
const nothing = (): number => 0;

/** A line on which bytes have been under way for so many seconds. */
function after(seconds: number, of: LineLook): SimulatedLine {
  const line = new SimulatedLine(of);
  line.pass(1000 * seconds);
  return line;
}

describe('LineControl', () => {
  describe.each([
    // Mbit/s, ms each way, and the longest queue that is usual, ms
    [1, 0.1, 80],
    [8, 0.1, 15],
    [80, 0.1, 6],
    [800, 0.1, 5],
    [1, 200, 130],
    [8, 20, 16],
    [80, 20, 9],
    [1000, 50, 18],
  ])('on a line of %d Mbit/s, %d ms each way', (megabits, delay, usual) => {
    const line = after(3, look(megabits, delay));
    const { used, queue, probes } = line.pass(5000);

    it('uses the line', () => {
      expect(used).toBeGreaterThan(0.95);
    });

    it('lets hardly anything wait for it', () => {
      expect(queue).toBeLessThan(usual);
    });

    it('asks once for 4 KiB at most', () => {
      expect(probes).toBeLessThan((5000 * 125 * megabits) / 4096 + 10);
    });
  });

  it.each([
    ['a short line', 0.1, 0.1],
    ['a line of 100 ms there and back', 50, 1],
  ])('uses %s (%d ms each way) after %d s', (_name, delay, seconds) => {
    const { used } = after(seconds, look(80, delay)).pass(1000);
    expect(used).toBeGreaterThan(0.9);
  });

  it('has a queue of 32 KiB at first, on a line that is slow', () => {
    const { longestQueue } = new SimulatedLine(look(8)).pass(1000);
    expect(longestQueue).toBeLessThan(35);
  });

  it('has taken back what it tried at first, a moment later, on a line that is slow', () => {
    const { longestQueue } = after(0.6, look(1)).pass(500);
    expect(longestQueue).toBeLessThan(100);
  });

  it('takes back soon what it tried at first on a long line, and has not tried more than twice what there is room for', () => {
    const line = new SimulatedLine(look(80, 50));
    expect(line.pass(1000).longestQueue).toBeLessThan(100);
    expect(line.pass(1000).queue).toBeLessThan(20);
  });

  it('lets the line run dry seldom where that has shown nothing new', () => {
    const { used } = after(5, look(80, 50)).pass(20_000);
    expect(used).toBeGreaterThan(0.985);
  });

  it('does not let a line run dry soon where more and more at once has had the same way: that is how long it is', () => {
    const line = after(2, look(1000, 50));
    expect(line.pass(8000).used).toBeGreaterThan(0.999);
    expect(line.pass(20_000).used).toBeGreaterThan(0.986); // twice
  });

  describe('for little messages', () => {
    /** Says how much of them there is room for, at first and when so many bytes have been written. */
    function little() {
      let now = 0;
      const control = new LineControl(0, () => now, nothing);
      return {
        control,
        /** The answer to the question of that number comes. */
        answer: (id: number): void => {
          now += 10;
          control.answered(id);
        },
        wait: (ms: number): void => {
          now += ms;
        },
      };
    }

    it('has room for an eighth more than may be under way', () => {
      const { control, answer } = little();
      control.probed(0, 0);
      answer(0);
      expect([control.room(32_768), control.roomForEarly(32_768)]).toEqual([0, 4096]);
    });

    it('has that room while the line is to run dry, too, and then no more', () => {
      const { control, answer, wait } = little();
      control.probed(0, 0);
      answer(0);
      control.probed(1, 30_000);
      control.rest(32_000, false);
      wait(1000);
      answer(1);
      expect(control.room(32_000)).toBeLessThan(0);
      expect(control.roomForEarly(32_000)).toBeCloseTo(control.limit / 8, 0);
      expect(control.roomForEarly(32_000 + control.limit / 8)).toBeCloseTo(0, 0);
    });

    it('has room for 1 KiB at least, however slow the line is', () => {
      const { control } = after(10, look(0.1));
      expect(control.limit / 8).toBeLessThan(1040);
      expect(control.roomForEarly(0) - control.room(0)).toBeGreaterThanOrEqual(1024);
    });
  });

  describe('where the line changes', () => {
    it('follows a rate that falls, in a second', () => {
      const line = after(3, look(80));
      line.look = look(8);
      line.pass(1000);
      const { used, queue } = line.pass(1000);
      expect(used).toBeGreaterThan(0.99);
      expect(queue).toBeLessThan(15);
    });

    it('follows a rate that rises, at once', () => {
      const line = after(3, look(8));
      line.look = look(80);
      line.pass(200);
      const { used, queue } = line.pass(1000);
      expect(used).toBeGreaterThan(0.98);
      expect(queue).toBeLessThan(5);
    });

    it('follows a rate that rises on a long line, in a second', () => {
      const line = after(5, look(8, 50));
      line.look = look(80, 50);
      line.pass(1300);
      expect(line.pass(2000).used).toBeGreaterThan(0.9);
    });

    it('follows a way that gets longer, in a few seconds', () => {
      const line = after(3, look(80));
      line.look = look(80, 50);
      line.pass(4000);
      expect(line.pass(2000).used).toBeGreaterThan(0.9);
    });

    it('follows a way that gets shorter, in a few seconds', () => {
      const line = after(5, look(80, 50));
      line.look = look(80, 1);
      line.pass(4000);
      const { used, queue } = line.pass(1000);
      expect(used).toBeGreaterThan(0.98);
      expect(queue).toBeLessThan(10);
    });
  });

  describe('with a peer who is busy with something else', () => {
    const busyFor = (ms: number, of: LineLook): SimulatedLine =>
      Object.assign(new SimulatedLine(of), { busy: ms });

    it.each([
      // ms of each 16; Mbit/s, ms each way; part of the line, and the longest queue that is usual, ms
      [8, 100, 0.1, 0.9, 15],
      [14, 100, 0.1, 0.9, 22],
      [14, 80, 5, 0.9, 25],
      [14, 800, 0.1, 0.9, 22],
      [14, 8, 0.1, 0.9, 30],
    ])('for %d of 16 ms, uses a line of %d Mbit/s, %d ms each way', (ms, megabits, delay, part, usual) => {
      const line = busyFor(ms, look(megabits, delay));
      line.pass(3000);
      const { used, queue } = line.pass(5000);
      expect(used).toBeGreaterThan(part);
      expect(queue).toBeLessThan(usual);
    });

    it('lets as much wait for the line as before, a second after the peer has time again', () => {
      const line = busyFor(14, look(100));
      line.pass(3000);
      line.busy = 0;
      line.pass(1200);
      expect(line.pass(1000).queue).toBeLessThan(5);
    });

    it('lets as much wait for the line as ever where the peer has no time once', () => {
      const line = after(3, look(100));
      line.busy = 14;
      line.pass(20);
      line.busy = 0;
      line.pass(30);
      expect(line.pass(500).longestQueue).toBeLessThan(6);
    });
  });

  describe('where answers tell of lumps', () => {
    /** A way of 1 ms. Then so many bytes leave every 16 ms, whose answers come 16 ms later, each for one of so many parts. */
    function lumps(received = 0) {
      let [now, id, position] = [0, 0, 0];
      const control = new LineControl(
        0,
        () => now,
        () => received * now,
      );
      /** The line is empty when the way is to be measured. */
      const measured = (): void => {
        if (control.isDrained(position)) {
          control.probed(id, position);
          now += 1;
          control.answered(id, timeOfAnswer(now - 0.5));
          id += 1;
        }
      };
      const round = (bytes: number, parts: number, took: number, at?: number): void => {
        measured();
        const first = id;
        for (; id < first + parts; id += 1) {
          position += bytes / parts;
          control.probed(id, position);
        }
        control.rest(position, false);
        now += took;
        for (let answered = first; answered < id; answered += 1) {
          control.answered(answered, at === undefined ? undefined : timeOfAnswer(at));
        }
      };
      measured();
      return {
        control,
        /** So many bytes after one another, over and over again. `ago`: when answers have been given, ms. */
        rounds: (times: number, bytes: readonly number[], parts = 1, ago?: number): void => {
          for (let time = 0; time < times; time += 1) {
            const given = ago === undefined ? undefined : now + 16 - ago;
            round(bytes[time % bytes.length] ?? NaN, parts, 16, given);
          }
        },
      };
    }
    const SMALL = 30_000;
    /** Five quarters of 40 000, and a bit. */
    const LARGE = 50_000;

    it('has a queue of five quarters of one where they come all the time', () => {
      const { control, rounds } = lumps();
      rounds(40, [40_000]);
      expect(control.limit).toBeGreaterThan(LARGE);
      expect(control.limit).toBeLessThan(1.1 * LARGE);
    });

    it('goes by the larger ones', () => {
      const { control, rounds } = lumps();
      rounds(80, [40_000, 30_000]);
      expect(control.limit).toBeGreaterThan(LARGE);
    });

    it('has none where they are parts of what is under way', () => {
      const { control, rounds } = lumps();
      rounds(60, [40_000], 10);
      expect(control.limit).toBeLessThan(SMALL);
    });

    it('has none for a single one, which is chance', () => {
      const { control, rounds } = lumps();
      rounds(60, [40_000], 10);
      rounds(1, [40_000]);
      rounds(4, [40_000], 10);
      expect(control.limit).toBeLessThan(SMALL);
    });

    it('has none where they are late: that is reckoned with', () => {
      const { control, rounds } = lumps(1000);
      rounds(60, [40_000], 10, 0.5);
      rounds(60, [40_000], 1, 10);
      expect(control.limit).toBeLessThan(SMALL);
    });

    it('remembers them for half a second, and a second at most', () => {
      const { control, rounds } = lumps();
      rounds(60, [40_000]);
      rounds(31, [40_000], 10);
      expect(control.limit).toBeGreaterThan(LARGE);
      rounds(45, [40_000], 10);
      expect(control.limit).toBeLessThan(SMALL);
    });
  });

  describe('of someone who has little to send', () => {
    it('makes no small rate of it: who has much then, gets the line at once', () => {
      const line = new SimulatedLine(look(80));
      line.supply = 1000; // of 10 000
      line.pass(5000);
      line.supply = Infinity;
      line.pass(50);
      const { used, queue } = line.pass(500);
      expect(used).toBeGreaterThan(0.98);
      expect(queue).toBeLessThan(5);
    });

    it('has frames as small as they were: the line is as it was', () => {
      const line = after(2, look(8));
      const { limit, frame, quantum } = line.control;
      line.supply = 100;
      line.pass(5000);
      expect([frame, quantum]).toEqual([2048, 4096]);
      expect(line.control.limit).toBeLessThan(1.5 * limit);
    });
  });

  describe('where the rate falls both ways, so that answers tell of it late,', () => {
    function fallen(): SimulatedLine {
      const line = new SimulatedLine(look(40, 10));
      Object.assign(line, { tellsTime: true, lump: 20, received: 5000 });
      line.pass(4000);
      line.look = look(2, 10);
      Object.assign(line, { lump: 600, received: 250 });
      return line;
    }

    it('knows the new rate in a second and a half', () => {
      const line = fallen();
      line.pass(1500);
      expect(line.control.limit).toBeLessThan(50_000); // 140 000 at first
    });

    it('lets little wait: answers that are late are no room', () => {
      expect(fallen().pass(8000).longestQueue).toBeLessThan(500);
    });
  });

  describe('where there is not always more to send', () => {
    /** A line over which so much is sent in each round trip, with or without room for more at times. */
    function start() {
      let [now, id, position] = [0, 0, 0];
      const control = new LineControl(0, () => now, nothing);
      const send = (bytes: number, times: number, idle: readonly boolean[], roundTrip = 10): void => {
        for (let time = 0; time < times; time += 1) {
          const first = id;
          for (; id < first + 4; id += 1) {
            position += bytes / 4;
            control.probed(id, position);
          }
          for (const isIdle of idle) {
            control.rest(position, isIdle);
          }
          now += roundTrip;
          for (let answer = first; answer < id; answer += 1) {
            control.answered(answer);
          }
        }
      };
      return { control, send };
    }

    it.each([
      [8192, 32_768],
      [16_383, 32_768],
      [16_384, 65_536],
    ])('and %i bytes are under way, may have %i under way a moment later', (bytes, limit) => {
      const { control, send } = start();
      send(bytes, 2, [true]);
      expect(control.limit).toBe(limit);
    });

    it('still knows how fast it is', () => {
      const { control, send } = start();
      send(262_144, 5, [false]);
      send(262_144, 7, [false], 70); // it is full
      const { limit } = control;
      expect(limit).toBeGreaterThan(131_072);
      send(4096, 300, [true, false]);
      expect(control.limit).toBeCloseTo(limit, 0);
    });
  });

  describe.each([
    // Mbit/s, ms each way, answers of so many ms come together, and the longest queue that is usual, ms
    [8, 10, 25, 30],
    [8, 50, 40, 60],
    [30, 10, 25, 20],
    [100, 20, 25, 20],
  ])(
    'on a line of %d Mbit/s, %d ms each way, whose answers come in lumps of %d ms',
    (megabits, delay, lump, usual) => {
      function late(tellsTime: boolean, received = 125 * megabits): SimulatedLine {
        const line = new SimulatedLine(look(megabits, delay));
        Object.assign(line, { lump, tellsTime, received });
        line.pass(3000);
        return line;
      }

      it('uses the line where they tell when they were given, and lets hardly anything wait for it', () => {
        const { used, queue } = late(true).pass(5000);
        expect(used).toBeGreaterThan(0.95);
        expect(queue).toBeLessThan(usual);
      });

      it.each([
        ['they do not tell', false, 125 * megabits],
        ['nothing comes that they could have waited for', true, 0],
      ])('has a longer queue, or does not use it, where %s', (_what, tellsTime, received) => {
        const told = late(true).pass(5000);
        const { used, queue } = late(tellsTime, received).pass(5000);
        expect(used < 0.9 || queue > 1.5 * told.queue).toBe(true);
      });
    },
  );

  describe('where answers are late', () => {
    /**
     * A line of 1000 bytes a ms, and 10 ms there and back. Every 10 ms 10 000 bytes leave, or as many as told, with a question
     * behind them. So many answers come in time. The next one comes so many ms too late, when twice as many bytes more have
     * left, or as many times as told. In each ms so many bytes of the peer's come.
     */
    function late(ms: number, inTime = 30, received = 1000, bytes = 10_000, behind = 2) {
      let now = 0;
      const control = new LineControl(
        0,
        () => now,
        () => received * now,
      );
      const ask = (id: number): void => {
        now = 10 * id;
        control.probed(id, bytes * id);
        control.rest(bytes * id, false);
      };
      const answer = (id: number, comesAt: number): void => {
        now = comesAt;
        control.answered(id, timeOfAnswer(10 * id + 5));
      };
      for (let id = 0; id < inTime; id += 1) {
        ask(id);
        answer(id, 10 * (id + 1));
      }
      for (let id = inTime; id <= inTime + behind; id += 1) {
        ask(id);
      }
      answer(inTime, 10 * (inTime + 1) + ms);
      return {
        control,
        /** Bytes that count as under way, and after how many ms that may be known better. */
        underWay: () => [control.limit - control.room(bytes * (inTime + behind)), control.expectAfter],
        wait: (time: number): void => {
          now += time;
          control.expect();
        },
        answerNext: (): void => {
          answer(inTime + 1, now);
        },
      };
    }

    it('reckons with what has been delivered since they were given', () => {
      expect(late(20).underWay()).toEqual([0, Infinity]);
      expect(late(15).underWay()[0]).toBe(10_000);
    });

    it('reckons where the peer sends a sixty-fourth of what is delivered, as on lines that are slower on the way back', () => {
      const expectAfter = (received: number): number => late(8, 30, received, 100_000).control.expectAfter;
      expect(expectAfter(100)).toBeLessThan(100); // 1800 bytes in those 18 ms
      expect(expectAfter(85)).toBe(Infinity);
    });

    it('reckons with nothing that has been under way for less than a round trip', () => {
      const { underWay, wait } = late(8);
      expect(underWay()).toEqual([20_000, expect.closeTo(4.1, 1)]);
      wait(1.9);
      expect(underWay()[0]).toBe(20_000);
      wait(0.1);
      expect(underWay()[0]).toBeLessThan(20_000);
    });

    it('reckons with no more than is delivered in the time by which they are late', () => {
      const { underWay, wait } = late(8);
      wait(2);
      expect(underWay()).toEqual([20_000 - 8000, Infinity]);
      wait(1000);
      expect(underWay()).toEqual([20_000 - 8000, Infinity]);
    });

    it('reckons with three times the limit at most: that the rate has fallen is told as late', () => {
      const { control, underWay } = late(200, 30, 1000, 10_000, 15);
      expect(underWay()).toEqual([expect.closeTo(150_000 - 3 * control.limit, 3), Infinity]);
    });

    it('knows with the next answer', () => {
      const { underWay, wait, answerNext } = late(8);
      wait(2);
      answerNext();
      expect(underWay()[0]).toBe(10_000);
    });

    it('reckons with nothing where the queue makes up for it', () => {
      const { underWay, wait } = late(4);
      expect(underWay()).toEqual([20_000, Infinity]);
      wait(10);
      expect(underWay()).toEqual([20_000, Infinity]);
    });

    it('does not take them for a line that is full', () => {
      const { control } = late(100);
      expect(control.roundTrip).toBe(10);
      expect(control.limit).toBeGreaterThan(30_000);
    });

    it.each([
      ['none come', 0, 10_000],
      ['they are less than a packet in the time', 49, 10_000],
      ['they are no more than what tells of bytes from here', 51, 100_000],
    ])(
      'takes them for a line that is full where they have not waited for bytes of the peer: %s',
      (_what, received, bytes) => {
        const { control, underWay } = late(20, 30, received, bytes);
        expect(underWay()).toEqual([2 * bytes, Infinity]);
        expect(control.roundTrip).toBe(10);
      },
    );

    it.each([
      [51, 10_000],
      [105, 100_000],
    ])('does so where they may have waited for them (%d bytes in a ms)', (received, bytes) => {
      expect(late(20, 30, received, bytes).underWay()).toEqual([0, Infinity]);
    });

    it('relies on what is known while the line is to run dry', () => {
      const wet = late(12, 47).control;
      const dry = late(12, 50).control; // half a second after the first answer
      expect(wet.room(490_000)).toBeGreaterThan(0);
      expect(dry.room(520_000)).toBeLessThan(-10_000);
      expect([wet.expectAfter, dry.expectAfter]).toEqual([expect.closeTo(4.1, 1), Infinity]);
    });

    it('learns from one that was not that all before were', () => {
      let now = 0;
      const control = new LineControl(
        0,
        () => now,
        () => 1000 * now,
      );
      const answered = (id: number, writtenAt: number, there: number, back: number): void => {
        now = writtenAt;
        control.probed(id, 10_000 * id);
        now = writtenAt + there + back;
        control.answered(id, timeOfAnswer(writtenAt + there));
      };
      answered(0, 0, 5, 30);
      expect(control.roundTrip).toBe(35);
      answered(1, 100, 25, 5);
      expect(control.roundTrip).toBe(10);
    });

    it.each([
      ['the clock here has stood still, as that of a computer that slept', 60_000],
      ['that of the peer has', -60_000],
    ])('uses the line, and knows how long it is, where %s', (_what, ahead) => {
      const line = new SimulatedLine(look(8, 50));
      Object.assign(line, { tellsTime: true, received: 1000 });
      line.pass(5000);
      line.ahead += ahead;
      const { used } = line.pass(500);
      expect(line.control.roundTrip).toBeCloseTo(100, 0);
      expect(used).toBeGreaterThan(0.95);
    });

    it('stays in its bounds whatever times the peer makes up', () => {
      const step = fc.record({
        wait: fc.nat(100),
        at: fc.integer({ min: 0, max: 0xffff_ffff }),
        received: fc.nat(1e6),
      });
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
          let [now, received, position] = [0, 0, 0];
          const control = new LineControl(
            0,
            () => now,
            () => received,
          );
          steps.forEach((taken, id) => {
            position += 10_000;
            control.probed(id, position);
            control.rest(position, false);
            now += taken.wait;
            received += taken.received;
            control.answered(id, taken.at);
            control.expect();
            expect(control.limit).toBeGreaterThanOrEqual(8192);
            expect(control.room(position)).toBeGreaterThan(-position);
            expect(control.expectAfter).toBeGreaterThanOrEqual(1);
            expect(control.roundTrip).toBeGreaterThan(0);
            expect(control.roundTrip).toBeLessThanOrEqual(Math.max(0.01, now));
          });
        }),
      );
    });

    it('knows nothing of the way back where the peer does not say when', () => {
      const control = new LineControl(0, () => 0, nothing);
      control.probed(0, 1000);
      control.expect();
      expect(control.room(0)).toBe(control.limit);
      control.answered(0);
      expect([control.expectAfter, control.roundTrip]).toEqual([Infinity, 0.01]);
    });
  });

  it('has large turns and frames on fast lines, small ones on slow lines', () => {
    const sizes = [1, 80, 1000, 10_000].map((megabits) => {
      const { quantum, frame } = after(2, look(megabits)).control;
      return [quantum, frame].map((size) => Math.round(size / 1024));
    });
    expect(sizes).toEqual([
      [4, 2],
      [12, 3],
      [64, 33],
      [64, 64],
    ]);
  });

  describe('where answers do not come', () => {
    /** Says what a limit that is reached, and no answer, come to. */
    function silent() {
      let now = 0;
      const control = new LineControl(0, () => now, nothing);
      control.probed(0, 0);
      control.answered(0); // an empty line
      control.probed(1, 32_768);
      return {
        control,
        wait: (ms: number): void => {
          now += ms;
        },
      };
    }

    it('is patient for a second, and for four round trips', () => {
      const { control, wait } = silent();
      expect([control.room(32_768), control.silence]).toEqual([0, 0]);
      expect(control.patience).toBeCloseTo(1000, 0);
      wait(500);
      expect(control.silence).toBe(500);
      control.answered(1);
      expect([control.silence, control.patience]).toEqual([0, 3000]);
    });

    it('is patient for eight times as long where bytes of the peer come, which hold the answer up', () => {
      let received = 100_000;
      const control = new LineControl(
        0,
        () => 0,
        () => received,
      );
      control.probed(0, 0);
      received += 1499;
      expect(control.patience).toBe(1000);
      received += 1;
      expect(control.patience).toBe(8000);
      control.answered(0);
      expect(control.patience).toBe(1000);
    });

    it('lets as much go again, twice, and then everything', () => {
      const { control, wait } = silent();
      wait(1000);
      control.stalled();
      expect([control.room(32_768), control.silence]).toEqual([32_768, 0]);
      control.stalled();
      expect([control.room(32_768), control.roomForEarly(32_768)]).toEqual([65_536, 65_536 + 4096]);
      control.stalled();
      expect([control.room(1e15), control.roomForEarly(1e15)]).toEqual([Infinity, Infinity]);
    });

    it('knows its limits again with the first answer', () => {
      const { control, wait } = silent();
      for (let i = 0; i < 3; i += 1) {
        wait(1000);
        control.stalled();
      }
      control.answered(1);
      expect(control.room(32_768 + 1e9)).toBeLessThan(0);
    });

    it('asks no more than 64 times', () => {
      const control = new LineControl(0, () => 0, nothing);
      let asked = 0;
      for (let position = 0; position < 1e8; position += 4096) {
        if (control.isProbeDue(position)) {
          control.probed(asked, position);
          asked += 1;
        }
      }
      expect(asked).toBe(64);
    });

    it('asks nothing as long as less than a quarter of what may be is under way', () => {
      const control = new LineControl(0, () => 0, nothing);
      control.probed(0, 0);
      control.answered(0); // an empty line
      const asks = (position: number): boolean => control.isProbeDue(position);
      expect([asks(8191), asks(8192)]).toEqual([false, true]);
      control.probed(1, 8192);
      expect([asks(8192 + 4095), asks(8192 + 4096)]).toEqual([false, true]);
      control.answered(1);
      expect([asks(16_383), asks(16_384)]).toEqual([false, true]);
    });

    it('asks where all waits and no question is under way', () => {
      const { control } = silent();
      expect(control.rest(32_768, false)).toBe(false);
      control.answered(1);
      expect(control.rest(32_768 + 4000, true)).toBe(false);
      expect(control.rest(1e9, false)).toBe(true);
    });
  });

  describe('answers', () => {
    /** A control with probes of those numbers, each 1000 bytes behind the last. Returns what is known to be under way. */
    function asking(...ids: readonly number[]) {
      const control = new LineControl(0, () => 0, nothing);
      ids.forEach((id, index) => {
        control.probed(id, 1000 * (index + 1));
      });
      const end = 1000 * ids.length;
      return { control, underWay: () => control.limit - control.room(end) };
    }

    it('say that all before their question has come', () => {
      const { control, underWay } = asking(0, 1, 2);
      control.answered(1);
      expect(underWay()).toBe(1000);
    });

    it('of other questions say the same of those before', () => {
      const { control, underWay } = asking(0, 2, 4);
      control.answered(3);
      expect(underWay()).toBe(1000);
    });

    it('that come twice say nothing', () => {
      const { control, underWay } = asking(5, 6);
      control.answered(5);
      const { limit } = control;
      control.answered(5);
      control.answered(4);
      expect([underWay(), control.limit]).toEqual([1000, limit]);
    });

    it('have numbers that wrap', () => {
      const { control, underWay } = asking(0xffff_ffff, 0, 1);
      control.answered(0);
      expect(underWay()).toBe(1000);
    });
  });
});
