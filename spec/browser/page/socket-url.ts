/** The address of a WebSocket of this page's server. */
export const socketUrl = (path: string): string => new URL(path, location.href).href.replace(/^http/, 'ws');
