export { Http2Sessions, type Http2SessionsOptions } from './carrier/http2/http2-sessions.js';
