/* eslint-disable rxjs-x/finnish -- outcomes have the names of the Observables that they are of */
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

  it.each(SITUATIONS)('hear of %s, waiting for %s', async (_way, _waits, situation) => {
    const joined = await before(situation);
    const { ours } = joined;
    const notes = new Notes(ours.id);
    notes.end('outbound$', ours.outbound$);
    notes.end('inbound$', ours.inbound$);
    notes.promise('iteration', exhaust(ours));
    notes.end('stopped$', ours.stopped$);
    notes.end('writable$', ours.writable$);
    notes.end('sendWindow$', ours.sendWindow$);
    notes.end('receiveWindow$', ours.receiveWindow$);
    notes.end('acknowledged$', ours.acknowledged$);
    notes.end('handshake$', ours.handshake$);
    notes.end('closed$', ours.closed$);
    ours.outbound$.next(bytesOf(situation));
    await settled();

    situation.way.act(joined);
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

async function exhaust(chunks: AsyncIterable<unknown>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true) {
    // all there is
  }
}
