import type { Adaptable } from '../channel/adaptable.js';
import type { StandardSchema } from '../messages/standard-schema.js';
import type { Reason } from '../protocol/reason.js';
import { isolated } from '../reactive/report-error.js';
import { type CallContext, ServedContext } from './call-context.js';
import type { CallHeader } from './call-header.js';
import type { CallSettings } from './call-options.js';
import { sendError } from './call-target.js';
import { isRemoteError, type RemoteError, shownError } from './remote-error.js';
import { type CallOwner, type Methods, ServedCall } from './served-call.js';

/** {@link ServeOptions} as they are used. */
export interface ServingSettings extends CallSettings {
  readonly maxConcurrent: number;
  readonly exposeErrors: boolean;
  readonly onError: (error: unknown, method: string) => void;
  readonly schemas: Readonly<Record<string, StandardSchema<readonly unknown[]> | undefined>>;
}

const BUSY: Reason = { code: 'BUSY', message: 'too many calls' };
const BAD_METADATA: Reason = { code: 'BAD_CALL', message: 'the metadata cannot be read' };
const UNAVAILABLE: Reason = { code: 'UNAVAILABLE', message: 'nothing is served here any more' };

/** What one `serve` serves, and the calls that are under way. */
export class Serving implements CallOwner {
  readonly settings: ServingSettings;
  readonly #handlers: Methods | ((context: CallContext) => Methods);
  /** In no order. Each knows its place: a Map costs more, since calls come and go by the thousand. */
  readonly #calls: ServedCall[] = [];
  #isOver = false;

  constructor(handlers: Methods | ((context: CallContext) => Methods), settings: ServingSettings) {
    this.#handlers = handlers;
    this.settings = settings;
  }

  /** Whether it has a method; where that depends on the call, perhaps. */
  mayHave(method: string): boolean {
    return typeof this.#handlers === 'function' || has(this.#handlers, method);
  }

  /** Takes a call, or refuses it. Returns `false` where it is of a method that is not served here. */
  take(channel: Adaptable<unknown>, header: CallHeader): boolean {
    const { method, metadata } = header;
    const { codec, maxConcurrent, schemas } = this.settings;
    if (!this.mayHave(method)) {
      return false;
    }
    if (this.#calls.length >= maxConcurrent) {
      return refuse(channel, this.settings, BUSY);
    }
    let methods = this.#handlers;
    let context: ServedContext | undefined;
    if (typeof methods === 'function') {
      try {
        context = new ServedContext(codec.valueOf(metadata), channel);
      } catch {
        return refuse(channel, this.settings, BAD_METADATA);
      }
      try {
        methods = methods(context);
      } catch (error) {
        return refuse(channel, this.settings, this.failed(error, method));
      }
      if (this.#isOver) {
        return refuse(channel, this.settings, UNAVAILABLE); // by what has just been called
      }
      if (!has(methods, method)) {
        return false;
      }
    }
    const call = new ServedCall({
      channel,
      settings: this.settings,
      handlers: methods,
      schema: Object.hasOwn(schemas, method) ? schemas[method] : undefined,
      header,
      context,
      owner: this,
    });
    call.place = this.#calls.push(call) - 1;
    call.start();
    return true;
  }

  /** Ends all calls. */
  stop(): void {
    this.#isOver = true;
    for (const call of [...this.#calls]) {
      call.giveUp(UNAVAILABLE);
    }
  }

  onOver(call: ServedCall): void {
    const { place } = call;
    const last = this.#calls.at(-1);
    if (last !== undefined && this.#calls[place] === call) {
      this.#calls[place] = last;
      last.place = place;
      this.#calls.pop();
    }
  }

  failed(error: unknown, method: string): RemoteError {
    if (!isRemoteError(error)) {
      isolated(() => {
        this.settings.onError(error, method);
      });
    }
    return shownError(error, this.settings.exposeErrors);
  }
}

/** Only what is the object's own: no method of every object's. What the function of a context gives may be no object. */
function has(methods: Methods, method: string): boolean {
  try {
    return Object.hasOwn(Object(methods) as Methods, method) && typeof methods[method] === 'function';
  } catch {
    return true; // a getter that throws: it does so again in the call, whose caller hears of it
  }
}

/** Answers a call with an error, without a look at its arguments. With that it has been taken: returns `true`. */
export function refuse(channel: Adaptable<unknown>, { codec }: CallSettings, reason: Reason): true {
  sendError(channel, codec, reason);
  channel.cancel();
  return true;
}
