export { Http2Sessions, type Http2SessionsOptions } from './http2/http2-sessions.js';
