/* global require -- an import of CommonJS would make a copy of all its exports, and bring the code for that */
export const { Buffer } = require('buffer/');
