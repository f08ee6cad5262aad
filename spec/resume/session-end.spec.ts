import { asyncScheduler, BehaviorSubject, NEVER } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import { Connection } from '../../src/resume/connection.js';
import { RecordReader } from '../../src/resume/record-reader.js';
import { RecordType } from '../../src/resume/record.js';
import { SessionEnd } from '../../src/resume/session-end.js';
import { listen } from '../support/listen.js';

const ignore = (): void => undefined;

const SETTINGS = {
  bufferSize: 1_000_000,
  timeout: 1000,
  deadAfter: false,
  scheduler: asyncScheduler,
} as const;
const OWNER = { lost: ignore, completed: ignore, forgotten: ignore, over: ignore };

/** A carrier that tells its new capacity in the middle of `write`, before it passes on what it is given. */
class TellsFirst implements Carrier {
  readonly inbound$ = NEVER;
  readonly capacity$ = new BehaviorSubject(1_000_000);
  readonly reader = new RecordReader();

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    this.capacity$.next(this.capacity$.value - bytes.length);
    this.reader.push(bytes);
  }

  end = ignore;
  destroy = ignore;
}

describe('SessionEnd', () => {
  it('keeps nothing of what it is given when it is over', () => {
    const end = new SessionEnd(SETTINGS, OWNER);
    end.write([Buffer.alloc(10)]);
    expect(end.kept).toBe(10);
    end.destroy();
    end.write([Buffer.alloc(20)]);
    expect(end.kept).toBe(0);
  });

  it.each([
    [
      'ended',
      'end',
      (end: SessionEnd) => {
        end.forget();
      },
    ],
    [
      'given up',
      'destroy',
      (_end: SessionEnd, connection: Connection) => {
        connection.destroy();
      },
    ],
  ] as const)(
    'gives nothing to a connection that is %s, where whoever hears of that gives it up',
    (_what, method, act) => {
      const end = new SessionEnd(SETTINGS, OWNER);
      const carrier = new TellsFirst();
      const connection = new Connection(carrier, asyncScheduler);
      connection.start(end);
      end.attach(connection, 0);
      const write = jest.spyOn(carrier, 'write');
      const isTold = jest.spyOn(carrier, method).mockImplementation(() => {
        end.destroy();
      });
      act(end, connection);
      expect(isTold).toHaveBeenCalled();
      expect(end.isOver).toBe(true);
      expect(write).not.toHaveBeenCalled();
      connection.destroy();
    },
  );

  it('is lost, and was never connected, where its connection fails as it is given what waits', () => {
    const failure = new Error('broken');
    const lost = jest.fn();
    const end = new SessionEnd(SETTINGS, { ...OWNER, lost });
    const [connected, states] = [listen(end.connected$), listen(end.state$)];
    end.write([Buffer.from('bytes')]);
    const carrier = new TellsFirst();
    jest.spyOn(carrier, 'write').mockImplementation(() => {
      throw failure;
    });
    const connection = new Connection(carrier, asyncScheduler);
    connection.start(end);
    end.attach(connection, 0);
    expect(lost.mock.calls).toEqual([[failure]]);
    expect(connected).toEqual([false]);
    expect(states).toEqual(['connecting', 'lost']);
    expect(end.capacity$.value).toBe(0);
    end.destroy();
  });

  it('sends again in order, and the end last, over a carrier that tells of its capacity before it has passed on', () => {
    const end = new SessionEnd(SETTINGS, OWNER);
    const given = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    for (let at = 0; at < given.length; at += 10_000) {
      end.write([given.subarray(at, at + 10_000)]);
    }
    end.end();
    const carrier = new TellsFirst();
    const connection = new Connection(carrier, asyncScheduler);
    connection.start(end);
    end.attach(connection, 0);
    const sent: Buffer[] = [];
    let isEnded = false;
    for (let read = carrier.reader.next(); read !== undefined; read = carrier.reader.next()) {
      expect(isEnded).toBe(false);
      if (read.type === RecordType.data) {
        sent.push(Buffer.from(read.body));
      } else {
        expect(read.type).toBe(RecordType.fin);
        isEnded = true;
      }
    }
    expect(isEnded).toBe(true);
    expect(Buffer.concat(sent).equals(given)).toBe(true);
    end.destroy();
  });
});
