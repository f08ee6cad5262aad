import { firstValueFrom } from 'rxjs';
import { ResumableCarrier, ResumableSessions } from '../../src/resume.js';
import { type CarrierPair, carrierTests } from '../../src/testing.js';
import { duplexPair } from '../support/connected.js';

/** The two ends of a session over a byte stream in memory; `near` is the side that connects, unless told. */
async function session(isSwapped = false): Promise<CarrierPair> {
  const sessions = new ResumableSessions();
  const served = firstValueFrom(sessions.carriers$);
  const near = new ResumableCarrier(() => {
    const [left, right] = duplexPair();
    sessions.accept(right);
    return left;
  });
  const far = await served;
  const close = (): void => {
    sessions.destroy();
  };
  return isSwapped ? { near: far, far: near, close } : { near, far, close };
}

describe('a session', () => {
  it.each(carrierTests(() => session(), { patience: 50_000 }))('$name', ({ run }) => run());
});

describe('a session, seen from the side that is connected to,', () => {
  it.each(carrierTests(() => session(true), { patience: 50_000 }))('$name', ({ run }) => run());
});
