import type { Observable } from 'rxjs';
import { backgroundTimer } from '../reactive/background-timer.js';
import type { SessionSettings } from './session-end.js';

/** ms that a handshake may take where connections are never taken for dead. */
const LONG = 10_000;

/** Emits when a connection has had as long for its handshake as a silent one has before it counts as dead. */
export function handshakeTimeout({ deadAfter, scheduler }: SessionSettings): Observable<0> {
  return backgroundTimer(deadAfter === false ? LONG : deadAfter, scheduler);
}
