import { VirtualTimeScheduler } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import { HEADER_SIZE } from '../../src/resume/record.js';
import { ResumableCarrier, ResumableSessions, type SessionCarrier } from '../../src/resume.js';
import { line, type Line } from '../../src/testing/line.js';
import { listen } from '../support/listen.js';
import { VirtualTime } from './virtual-time.js';

/** ms one way. */
const DELAY = 50;

/** Sizes of records, on the wire. */
const RESUME = HEADER_SIZE + 93;
const RESUMED = HEADER_SIZE + 56;

/** A session over long lines in virtual time. Each line is there at both ends at once. */
async function overLongLines() {
  const scheduler = new VirtualTimeScheduler();
  const time = new VirtualTime(scheduler);
  const lines: Line[] = [];
  const madeAt: number[] = [];
  const log: string[] = [];
  const note = (side: string, { inbound$ }: Carrier): void => {
    const index = lines.length;
    inbound$.subscribe({
      next: ({ length }) => log.push(`${scheduler.now() - (madeAt[index] ?? 0)} ${side} ${length}`),
      error: () => undefined,
    });
  };
  const sessions = new ResumableSessions({ scheduler });
  const carriers: SessionCarrier[] = [];
  sessions.carriers$.subscribe((served) => carriers.push(served));
  const carrier = new ResumableCarrier(
    () => {
      const made = line({ scheduler, delay: DELAY, rate: Infinity, buffer: 65_536 });
      note('client', made.near);
      note('server', made.far);
      madeAt.push(scheduler.now());
      lines.push(made);
      sessions.accept(made.far);
      return made.near;
    },
    { scheduler, retry: { delay: () => 7 } },
  );
  await time.until(() => carriers.length === 1);
  const [served] = carriers;
  if (served === undefined) {
    throw new Error('there is no session');
  }
  /** When something has come to an end of the session, since the next connection was there. */
  const arrival = ({ inbound$ }: Carrier): number[] => {
    const at: number[] = [];
    inbound$.subscribe({
      next: () => at.push(scheduler.now() - (madeAt[1] ?? 0)),
      error: () => undefined,
    });
    return at;
  };
  return { time, carrier, served, lines, log, arrival, sessions };
}

describe('when a session goes on over the next connection', () => {
  it('its client has the first new byte of the server after one round trip, and the server one of the client after one and a half', async () => {
    const { time, carrier, served, lines, arrival, sessions } = await overLongLines();
    const [here, there] = [arrival(carrier), arrival(served)];
    lines[0]?.cut(new Error('cut'));
    served.write([Buffer.from('of the server')]);
    carrier.write([Buffer.from('of the client')]);
    await time.until(() => here.length > 0 && there.length > 0);
    expect(here).toEqual([2 * DELAY]);
    expect(there).toEqual([3 * DELAY]);
    expect(lines).toHaveLength(2);
    carrier.destroy();
    sessions.destroy();
  });

  it('says what it says in three flights: RESUME unasked, the server’s bytes right behind RESUMED, and those of the client', async () => {
    const { time, carrier, served, lines, log, arrival, sessions } = await overLongLines();
    const there = arrival(served);
    lines[0]?.cut(new Error('cut'));
    served.write([Buffer.from('of the server')]);
    carrier.write([Buffer.from('of the client')]);
    log.length = 0;
    await time.until(() => there.length > 0);
    expect(log).toEqual([
      `${DELAY} server ${RESUME}`,
      `${2 * DELAY} client ${RESUMED}`,
      `${2 * DELAY} client ${HEADER_SIZE + 13}`,
      `${3 * DELAY} server ${HEADER_SIZE + 13}`,
    ]);
    carrier.destroy();
    sessions.destroy();
  });

  it('a server that is not spoken to says nothing', async () => {
    const scheduler = new VirtualTimeScheduler();
    const sessions = new ResumableSessions({ scheduler, deadAfter: 1000 });
    const { near, far } = line({ scheduler, delay: DELAY, rate: Infinity, buffer: 65_536 });
    const heard = listen(near.inbound$);
    sessions.accept(far);
    const time = new VirtualTime(scheduler);
    await time.until(() => scheduler.now() >= 999);
    expect(heard).toEqual([]);
    await time.until(() => heard.length > 0);
    expect(heard).toEqual(['complete']);
    expect(scheduler.now()).toBe(1000 + DELAY);
  });
});
