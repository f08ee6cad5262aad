// Loaded ahead of everything where deprecations throw. Node warns of a deprecated function once in a process: of those
// that other packages call, here, where it is not heard. What rxmux would call still throws.
const process = require('node:process');
const util = require('node:util');

const { emitWarning } = process;
process.emitWarning = () => undefined;
util._extend({}, {}); // frame-stream, which is inside bpmux, too
process.emitWarning = emitWarning;
