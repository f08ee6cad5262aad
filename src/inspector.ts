export { inspect, type InspectOptions, type Inspector } from './inspect/inspect.js';
export type { InspectedChannel, InspectedMux } from './inspector/mux-list.js';
export type { RxmuxInspector } from './inspector/rxmux-inspector.js';
