import { listen } from '../support/listen.js';
import type { LinkEnd } from './fault-link.js';
import { Resumed, until } from './resumed.js';

/** Lets what waits at an end arrive, once there is something. */
async function fly(end: LinkEnd): Promise<void> {
  await until(() => end.waiting > 0);
  end.release();
  await until(() => end.waiting === 0);
  end.hold();
}

describe('when a session goes on over the next connection', () => {
  it('the first new bytes of its server arrive after three flights, one and a half round trips, and those of its client after a fourth', async () => {
    const session = new Resumed();
    const served = await session.served;
    const [here, there] = [listen(session.carrier.inbound$), listen(served.inbound$)];
    session.onLink = ({ near, far }) => {
      near.hold();
      far.hold();
    };
    session.link.cut('rst');
    served.write([Buffer.from('of the server')]);
    session.carrier.write([Buffer.from('of the client')]);
    await until(() => session.links.length === 2);
    const { near, far } = session.link;
    await fly(far); // GREETING
    await fly(near); // RESUME
    await fly(far); // RESUMED, and what is new
    await until(() => here.length > 0);
    expect(here).toEqual([Buffer.from('of the server')]);
    expect(there).toEqual([]);
    await fly(near);
    await until(() => there.length > 0);
    expect(there).toEqual([Buffer.from('of the client')]);
    session.sessions.destroy();
    session.carrier.destroy();
  });
});
