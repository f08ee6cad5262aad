import { config, type Observable } from 'rxjs';
import { MuxError } from '../../src/index.js';

/** What those who wait have heard so far: `pending`, `done`, or whose error. */
export type Outcomes = Record<string, string>;

/** The error that the application gives. */
export const given = new Error('given by the application');
/** The error of the carrier. */
export const broken = new Error('given by the carrier');

export const PENDING = 'pending';
export const DONE = 'done';
/** The very error that the application gave. */
export const GIVEN = 'the error given';

/** Says which error it is: an error of rxmux by its class, which must be about the channel. */
export function tell(error: unknown, channelId: number): string {
  if (error === given) {
    return GIVEN;
  }
  if (error instanceof MuxError) {
    const cause = error.cause === broken ? ', because of the carrier' : '';
    return `${error.name}${error.channelId === channelId ? '' : ` of ${error.channelId}`}${cause}`;
  }
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** Notes what becomes of things, by name. */
export class Notes {
  readonly outcomes: Outcomes = {};

  constructor(private readonly channelId: number) {}

  promise(name: string, promise: Promise<unknown>): void {
    this.outcomes[name] = PENDING;
    promise.then(
      () => {
        this.settle(name, null);
      },
      (error: unknown) => {
        this.settle(name, error);
      },
    );
  }

  /** @returns what a callback of Node's is to be */
  callback(name: string): (error?: Error | null) => void {
    this.outcomes[name] = PENDING;
    return (error) => {
      this.settle(name, error ?? null);
    };
  }

  end(name: string, observable$: Observable<unknown>): void {
    this.outcomes[name] = PENDING;
    observable$.subscribe({
      error: (error: unknown) => {
        this.settle(name, error);
      },
      complete: () => {
        this.settle(name, null);
      },
    });
  }

  settle(name: string, error: unknown): void {
    if (this.outcomes[name] !== PENDING) {
      throw new Error(`${name} settles twice`);
    }
    this.outcomes[name] = error === null ? DONE : tell(error, this.channelId);
  }

  /** The names of what has heard nothing. */
  get pending(): string[] {
    return Object.keys(this.outcomes).filter((name) => this.outcomes[name] === PENDING);
  }
}

/** Fails each test of the file in which an error has reached nobody. */
export function nothingUnhandled(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  beforeEach(() => {
    config.onUnhandledError = note;
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    config.onUnhandledError = null;
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}
