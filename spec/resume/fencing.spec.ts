import { firstValueFrom, filter } from 'rxjs';
import { echo, echoed, Resumed, until } from './resumed.js';
import { listen } from '../support/listen.js';

/** A session whose muxes have said something to each other. */
async function inUse(): Promise<Resumed & { readonly muxesOf: Awaited<ReturnType<Resumed['muxes']>> }> {
  const session = new Resumed(() => ({}), { deadAfter: 1000 });
  const muxesOf = await session.muxes();
  echo(muxesOf.far);
  echo(muxesOf.near);
  await echoed(muxesOf.near.open(), [Buffer.from('first')]);
  return Object.assign(session, { muxesOf });
}

const resumed = (session: Resumed, times: number): Promise<unknown> =>
  firstValueFrom(
    session.carrier.state$.pipe(
      filter((state) => state === 'connected' && session.carrier.resumptions >= times),
    ),
  );

async function close(
  session: Resumed & { readonly muxesOf: Awaited<ReturnType<Resumed['muxes']>> },
): Promise<void> {
  await Promise.all([session.muxesOf.near.close(), session.muxesOf.far.close()]);
  await session.isGone();
}

describe('a connection whose end only the client hears of', () => {
  it('is given up by the server when the next one takes its place', async () => {
    const session = await inUse();
    const [old] = session.links;
    old?.near.close(new Error('the near end alone hears of it'));
    expect(old?.far.isListenedTo).toBe(true);
    await resumed(session, 1);
    expect(old?.far.isListenedTo).toBe(false);
    await close(session);
  });
});

describe('a connection that comes back to life', () => {
  it('says nothing to the session any more, whose next connection has taken its place', async () => {
    const session = await inUse();
    const [old] = session.links;
    old?.near.hold(); // from now on the far end hears nothing, and what is said waits on the way
    old?.far.hold();
    const echoing = echoed(session.muxesOf.near.open(), [Buffer.alloc(5000, 'x')]);
    await resumed(session, 1);
    old?.near.release();
    old?.far.release();
    const { sent, came } = await echoing;
    expect(came).toBe(sent);
    expect(session.links).toHaveLength(2);
    await close(session);
  });

  it('cannot take the place of a later one, when it was to resume the session', async () => {
    const session = await inUse();
    const heard = listen(session.carrier.state$);
    // The second connection proves that it may resume it, but too late: the client has given it up by then.
    session.onLink = ({ near }, index) => {
      if (index === 1) {
        near.hold();
      }
    };
    session.link.cut('rst');
    await until(() => (session.links[1]?.near.waiting ?? 0) > 0);
    session.links[1]?.near.close(new Error('the near end alone hears of it'));
    await resumed(session, 1);
    session.links[1]?.near.release();
    await until(() => session.links[1]?.far.isListenedTo === false); // it has been answered
    const { sent, came } = await echoed(session.muxesOf.near.open(), [Buffer.alloc(5000, 'x')]);
    expect(came).toBe(sent);
    expect(heard).toEqual(['connected', 'lost', 'connected']);
    expect(session.links).toHaveLength(3);
    await close(session);
  });
});
