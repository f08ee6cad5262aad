import { from, map, Observable, type ObservableInput } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { toCarrier } from '../carrier/to-carrier.js';
import type { Connect, Connected } from './connect.js';

/**
 * What `connect` gives, as carriers. Cold: it is called when somebody subscribes, and what it throws is an error. A connection
 * that a promise brings when nobody waits for it any more is given up.
 */
export function connectionsFrom(connect: Connect, attempt: number): Observable<Carrier> {
  return new Observable<Carrier>((subscriber) => {
    const given = connect(attempt);
    if (isConnection(given)) {
      subscriber.next(toCarrier(given));
      return undefined;
    }
    if (isPromise(given)) {
      given
        .then((connection) => {
          const carrier = toCarrier(connection);
          if (subscriber.closed) {
            carrier.destroy();
          } else {
            subscriber.next(carrier);
          }
        })
        .then(undefined, (error: unknown) => {
          subscriber.error(error);
        });
      return undefined;
    }
    return from(given).pipe(map(toCarrier)).subscribe(subscriber);
  });
}

/** First of all: a Node stream is iterable, too. What is nothing at all `toCarrier` refuses. */
const isConnection = (given: ObservableInput<Connected> | Connected): given is Connected =>
  Object(given) !== given || ('write' in given && ('read' in given || 'inbound$' in given));

const isPromise = (given: ObservableInput<Connected>): given is Promise<Connected> => 'then' in given;
