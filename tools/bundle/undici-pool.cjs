'use strict';

// What our own packages use of undici, in place of its index: that one also loads fetch, websockets, caches and
// mocks, which every process would pay for.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
const Pool = require('undici/lib/dispatcher/pool.js');

Object.assign(Dispatcher.prototype, {
  request: require('undici/lib/api/api-request.js'),
});

module.exports = { Pool };
