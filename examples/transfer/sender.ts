import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { catchError, defer, forkJoin, from, map, merge, mergeMap, type Observable, of, reduce } from 'rxjs';
import { type Mux, toDuplex } from 'rxmux';
import type { FileHandshake } from './file-handshake.js';
import { sha256 } from './sha256.js';

/** A file to be sent. */
export interface SourceFile {
  readonly path: string;
  readonly size: number;
  /** Whether the receiver is to leave the file's channel unread until all other files have arrived. */
  readonly isHeldBack: boolean;
}

/** Some bytes of a file are on their way. */
export interface Progress {
  readonly type: 'progress';
  readonly file: SourceFile;
  readonly bytes: number;
}

/** The receiver has the whole file and finds the same SHA-256, or else there is an error. */
export interface Outcome {
  readonly type: 'outcome';
  readonly file: SourceFile;
  readonly bytes: number;
  readonly seconds: number;
  readonly error: unknown;
}

/** Channels, and so files, that are open at once. More than one, since one may be held back for the others. */
const CONCURRENCY = 64;

/** Sends files, each on a channel of its own. Where one fails, the others carry on. */
export function sendFiles(mux: Mux, files: readonly SourceFile[]): Observable<Progress | Outcome> {
  const others = files.length - 1;
  return from(files).pipe(mergeMap((file) => sendFile(mux, file, file.isHeldBack ? others : 0), CONCURRENCY));
}

function sendFile(mux: Mux, file: SourceFile, after: number): Observable<Progress | Outcome> {
  const start = performance.now();
  const outcome = (bytes: number, error?: unknown): Outcome => {
    const seconds = (performance.now() - start) / 1000;
    return { type: 'outcome', file, bytes, seconds, error };
  };

  return defer(() => {
    const handshake: FileHandshake = { name: basename(file.path), size: file.size, after };
    const channel = mux.open(JSON.stringify(handshake), { label: handshake.name });
    const { outbound$ } = channel;
    const duplex = toDuplex(channel);

    const progress$ = outbound$.pipe(
      map((chunk): Progress => ({ type: 'progress', file, bytes: chunk.length })),
    );
    const outcome$ = forkJoin({
      bytes: outbound$.pipe(reduce((sum, chunk) => sum + chunk.length, 0)),
      ours: outbound$.pipe(sha256()),
      theirs: text(duplex),
      end: pipeline(createReadStream(file.path), duplex),
    }).pipe(
      map(({ bytes, ours, theirs }) =>
        outcome(
          bytes,
          ours === theirs ? undefined : new Error(`SHA-256 differs: ${ours}, received ${theirs}`),
        ),
      ),
    );
    return merge(progress$, outcome$);
  }).pipe(catchError((error: unknown) => of(outcome(0, error))));
}
