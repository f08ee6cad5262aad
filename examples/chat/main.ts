// A chat over TCP: what each one says goes there as an Observable, and what all say comes back as another.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { interval, map, Observable, Subject, take } from 'rxjs';
import { Mux } from 'rxmux';
import { remote, serve } from 'rxmux/remote';

/** What both sides know. */
interface Chat {
  join(name: string, said$: Observable<string>): Observable<string>;
}

const room$ = new Subject<string>();

const server = createServer({ noDelay: true }, (socket) => {
  serve<Chat>(new Mux(socket), {
    join: (name, said$) =>
      new Observable<string>((subscriber) => {
        subscriber.add(() => {
          // Later: it may be one who could not take what all are being told now.
          queueMicrotask(room$.next.bind(room$, `${name} has gone`));
        });
        subscriber.add(room$.subscribe(subscriber));
        room$.next(`${name} has come`);
        subscriber.add(
          said$.subscribe({
            next: (text) => {
              room$.next(`${name}: ${text}`);
            },
            error: () => undefined, // the call has ended with it
            complete: () => {
              subscriber.complete(); // whoever says no more goes
            },
          }),
        );
      }),
  });
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address() as AddressInfo;

/** Joins over a connection of its own, says some words, and prints what it hears. */
async function visit(name: string, words: readonly string[], everyMs: number): Promise<void> {
  const mux = new Mux(connect({ port, host: '127.0.0.1', noDelay: true }));
  const says$ = interval(everyMs).pipe(
    take(words.length),
    map((index) => words[index] ?? ''),
  );
  await remote<Chat>(mux)
    .join(name, says$)
    .forEach((line) => {
      console.log(`[at ${name}'s] ${line}`);
    });
  await mux.close();
}

await Promise.all([visit('Ada', ['hello', 'bye'], 300), visit('Grace', ['good morning'], 400)]);
server.close();
