export type { AnyMux } from './remote/any-mux.js';
export type { Api, Handlers, Remote, ValueSource } from './remote/api.js';
export type { CallContext } from './remote/call-context.js';
export type { CallOptions } from './remote/call-options.js';
export { RemoteError } from './remote/remote-error.js';
export type { RemoteObservable } from './remote/remote-observable.js';
export { remote, type RemoteOptions } from './remote/remote.js';
export { serve, type ServeOptions } from './remote/serve.js';
