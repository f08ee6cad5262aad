import { filter, firstValueFrom, lastValueFrom, scan, take } from 'rxjs';
import { Mux } from '../../src/index.js';
import { ResumableCarrier, ResumableSessions } from '../../src/resume.js';
import { connectionAtOnce, type TestCarrier } from '../support/test-carrier.js';

describe('a session over connections that deliver at once', () => {
  it('begins and goes on, and brings each byte once', async () => {
    const sessions = new ResumableSessions();
    sessions.carriers$.subscribe((served) => {
      new Mux(served, { keepAlive: false }).channels$.subscribe({
        next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$),
        error: () => undefined,
      });
    });
    const connections: [TestCarrier, TestCarrier][] = [];
    const carrier = new ResumableCarrier(
      () => {
        const connection = connectionAtOnce();
        connections.push(connection);
        sessions.accept(connection[1]);
        return connection[0];
      },
      { retry: { delay: () => 0 } },
    );
    const connected = (): Promise<unknown> =>
      firstValueFrom(carrier.state$.pipe(filter((state) => state === 'connected')));
    const mux = new Mux(carrier, { keepAlive: false });
    const { inbound$, outbound$ } = mux.open();
    const received$ = inbound$.pipe(scan((sum, { length }) => sum + length, 0));
    const all = lastValueFrom(received$);
    await connected();
    let sent = 0;
    for (let round = 0; round < 3; round += 1) {
      outbound$.next(Buffer.alloc(100_000));
      sent += 100_000;
      await firstValueFrom(inbound$.pipe(take(1))); // some of it is under way
      connections.at(-1)?.forEach((end) => {
        end.destroy();
      });
      await connected();
    }
    outbound$.complete();
    expect(await all).toBe(sent);
    expect(connections.length).toBeGreaterThan(3);
    mux.destroy();
    sessions.destroy();
  });
});
