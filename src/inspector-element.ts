import './panel/element.js';
export type { InspectedChannel, InspectedMux } from './inspector/mux-list.js';
export type { RxmuxInspector } from './inspector/rxmux-inspector.js';
