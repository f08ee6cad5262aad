/* eslint-disable rxjs-x/finnish -- outcomes have the names of the Observables that they are of */
import type { Channel } from '../../src/index.js';
import { settled } from './joined.js';
import { DONE, GIVEN, nothingUnhandled, Notes, type Outcomes, PENDING } from './outcomes.js';
import { before, bytesOf, type Situation, SITUATIONS } from './ways.js';

/** What the subscribers of a channel hear. */
function expected({ way, effect, isUnanswered }: Situation): Outcomes {
  const { out = PENDING, in: over = PENDING, cut, refuses, answers } = effect;
  const isOurs = way.onlyUnanswered === 'ours'; // the handshake has come, it is our answer that has not
  const isRemoved = cut === true || refuses === true; // what else there is waits for the other half to end
  const removed = isRemoved ? DONE : PENDING;
  // A Subject that the application has closed itself tells its subscribers nothing, or what they were told by it.
  const ownEnds: Record<string, Outcomes> = {
    'our outbound$.unsubscribe()': { outbound$: PENDING },
    'our inbound$.complete()': { inbound$: DONE },
    'our inbound$.error(e)': { inbound$: GIVEN },
  };
  return {
    outbound$: out,
    inbound$: over,
    iteration: over,
    // Whoever feeds the channel hears that it takes no more.
    stopped$: out === PENDING ? PENDING : DONE,
    writable$: out === PENDING ? PENDING : DONE,
    sendWindow$: removed,
    receiveWindow$: removed,
    acknowledged$: removed,
    handshake$: !isUnanswered || isOurs || answers === true ? DONE : isRemoved ? over : PENDING,
    closed$: isRemoved ? over : PENDING,
    ...ownEnds[way.name],
  };
}

describe('the Subjects of a channel', () => {
  nothingUnhandled();

  function listen(channel: Channel): Notes {
    const notes = new Notes(channel.id);
    const { outbound$, inbound$ } = channel;
    for (const [name, subject$] of Object.entries({ outbound$, inbound$ })) {
      if (subject$.closed) {
        notes.outcomes[name] = PENDING; // nobody can subscribe to it any more
      } else {
        notes.end(name, subject$);
      }
    }
    notes.promise('iteration', exhaust(channel));
    notes.end('stopped$', channel.stopped$);
    notes.end('writable$', channel.writable$);
    notes.end('sendWindow$', channel.sendWindow$);
    notes.end('receiveWindow$', channel.receiveWindow$);
    notes.end('acknowledged$', channel.acknowledged$);
    notes.end('handshake$', channel.handshake$);
    notes.end('closed$', channel.closed$);
    return notes;
  }

  describe.each(SITUATIONS)('at %s, waiting for %s', (_way, _waits, situation) => {
    it.each(['before', 'afterwards'])('tell those who have come %s', async (when) => {
      const joined = await before(situation);
      const { ours } = joined;
      let notes = when === 'before' ? listen(ours) : undefined; // Observables are made when they are first asked for
      ours.outbound$.next(bytesOf(situation));
      await settled();

      situation.way.act(joined);
      await settled();
      notes ??= listen(ours);
      await settled();
      expect(notes.outcomes).toEqual(expected(situation));

      if (!ours.outbound$.closed) {
        ours.outbound$.complete();
      }
      await joined.farEnds();
      expect(await joined.leftovers()).toEqual([]);
      const closedByUser = /our (\w+\$)\.unsubscribe/.exec(situation.way.name)?.[1];
      expect(notes.pending).toEqual(closedByUser === undefined ? [] : [closedByUser]);
    });
  });
});

async function exhaust(chunks: AsyncIterable<unknown>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true) {
    // all there is
  }
}
