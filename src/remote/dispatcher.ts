import { Buffer } from 'node:buffer';
import { noop } from 'rxjs';
import { CLAIM, DISPATCHER } from '../brands.js';
import { adaptable } from '../channel/adaptable.js';
import type { Claimed } from '../mux/claims.js';
import type { AnyMux } from './any-mux.js';
import type { Reason } from '../protocol/reason.js';
import { type CallHeader, decodeHeader, isCall } from './call-header.js';
import { refuse, type Serving } from './serving.js';

const BAD_CALL: Reason = { code: 'BAD_CALL', message: 'the header cannot be read' };

/** A name may be long, and the answer waits for credit: so many letters of it are told. */
const MAX_TOLD = 99;

/** Has the calls that come over a mux reach `serving`, as far as no earlier one has the method. Returns what ends it. */
export function dispatch(mux: AnyMux, serving: Serving): () => void {
  const known = mux as AnyMux & { [DISPATCHER]: Dispatcher | undefined };
  return (known[DISPATCHER] ??= new Dispatcher(mux)).add(serving);
}

/** All that is served over a mux. */
class Dispatcher {
  readonly #mux: AnyMux;
  #servings: readonly Serving[] = [];
  #release: () => void = noop;
  /** The last header that named a method which is served, and had no metadata. Most calls have the same as the one before. */
  #latest: { readonly data: Uint8Array; readonly header: CallHeader } | undefined;

  constructor(mux: AnyMux) {
    this.#mux = mux;
  }

  add(serving: Serving): () => void {
    this.#servings = [...this.#servings, serving];
    if (this.#servings.length === 1) {
      this.#release = this.#mux[CLAIM](this.#claim);
    }
    return () => {
      this.#servings = this.#servings.filter((one) => one !== serving);
      if (this.#servings.length === 0) {
        this.#release();
      }
    };
  }

  readonly #claim = (data: Uint8Array): Claimed<unknown> | undefined => {
    const [first] = this.#servings;
    const known = this.#known(data);
    if (first === undefined || (known === undefined && !isCall(data))) {
      return undefined;
    }
    const header = known ?? decodeHeader(data);
    const likely = header && this.#servings.find((serving) => serving.mayHave(header.method));
    if (known === undefined && likely !== undefined && header?.metadata.length === 0) {
      this.#latest = { data, header };
    }
    const { settings } = likely ?? first;
    return {
      settings: settings.channel,
      take: (channel) => {
        const adapted = adaptable(channel);
        // One that has waited may be for a `serve` that has followed in the turn of the first.
        if (header === undefined) {
          refuse(adapted, settings, BAD_CALL);
        } else if (!this.#servings.some((serving) => serving.take(adapted, header))) {
          refuse(adapted, settings, {
            code: 'UNKNOWN_METHOD',
            message: `there is no method ${header.method.slice(0, MAX_TOLD)}`,
          });
        }
      },
    };
  };

  #known(data: Uint8Array): CallHeader | undefined {
    const latest = this.#latest;
    return latest !== undefined && Buffer.compare(latest.data, data) === 0 ? latest.header : undefined;
  }
}
