import { LineControl } from '../../src/flow/line-control.js';
import { type LineLook, SimulatedLine } from './support/simulated-line.js';

/** A line of so many Mbit/s, and of so many ms each way. */
const look = (megabits: number, delay = 0.1): LineLook => ({ rate: 125 * megabits, delay });

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

  describe('for little messages', () => {
    /** Says how much of them there is room for, at first and when so many bytes have been written. */
    function little() {
      let now = 0;
      const control = new LineControl(0, () => now);
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

  describe('where there is no line but memory', () => {
    it('lets under way what is delivered in 20 ms, and asks seldom', () => {
      const { limit, probes, used } = after(1, look(10_000, 0.05)).pass(1000);
      expect(used).toBeGreaterThan(0.99);
      expect(limit).toBeGreaterThan(20_000_000);
      expect(probes).toBeLessThan(300);
    });

    it('is none where answers come in lumps: what they tell of had been delivered before', () => {
      let now = 0;
      const control = new LineControl(0, () => now);
      control.probed(0, 0);
      now = 1;
      control.answered(0);
      control.probed(1, 10_000);
      now = 5;
      control.answered(1); // late
      control.probed(2, 310_000);
      now = 5.5;
      control.answered(2);
      expect(control.limit).toBeLessThan(1_000_000);
    });

    it('is no line, either, for a clock that stands still', () => {
      const control = new LineControl(0, () => 0);
      control.probed(0, 200_000);
      control.answered(0);
      expect(control.limit).toBeGreaterThan(100_000_000);
      expect(control.limit).toBeLessThan(Infinity);
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

  describe('where there is not always more to send', () => {
    /** A line over which so much is sent in each round trip, with or without room for more at times. */
    function start() {
      let [now, id, position] = [0, 0, 0];
      const control = new LineControl(0, () => now);
      const send = (bytes: number, times: number, idle: readonly boolean[], roundTrip = 10): void => {
        for (let time = 0; time < times; time += 1) {
          position += bytes;
          control.probed(id, position);
          for (const isIdle of idle) {
            control.rest(position, isIdle);
          }
          now += roundTrip;
          control.answered(id);
          id += 1;
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
      const control = new LineControl(0, () => now);
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

    it('lets as much go again, twice, and then everything', () => {
      const { control, wait } = silent();
      wait(1000);
      control.stalled();
      expect([control.room(32_768), control.silence]).toEqual([32_768, 0]);
      control.stalled();
      expect(control.room(32_768)).toBe(65_536);
      control.stalled();
      expect(control.room(1e15)).toBe(Infinity);
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
      const control = new LineControl(0, () => 0);
      let asked = 0;
      for (let position = 0; position < 1e8; position += 4096) {
        if (control.isProbeDue(position)) {
          control.probed(asked, position);
          asked += 1;
        }
      }
      expect(asked).toBe(64);
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
      const control = new LineControl(0, () => 0);
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
