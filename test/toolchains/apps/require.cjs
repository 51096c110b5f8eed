const { MicroGPT } = require('microgpt-wasm')
const { NAMES } = require('microgpt-wasm/names')
const { check } = require('./check.js')

check({ MicroGPT }, NAMES, ['main', 'threads', 'fast']).then((result) =>
  console.log(JSON.stringify(result)),
)
