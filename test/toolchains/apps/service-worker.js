import * as files from './microgpt.js'
import * as inline from './microgpt.inline.js'
import { NAMES } from './names.js'
import { check } from './check.js'

/** A text, and a checkpoint: what other runs of the package load only when they are asked. */
async function others({ MicroGPT }) {
  try {
    const gpt = await MicroGPT.create({ text: 'to be or not to be' })
    for (const _ of gpt.train({ steps: 3 })) continue
    const again = await MicroGPT.load(gpt.save({ optimizer: true }), { text: 'to be or not to be' })
    return again.step === 3 ? 'ok' : `${again.step} steps`
  } catch (error) {
    return error.message
  }
}

addEventListener('message', (event) =>
  event.waitUntil(
    (async () => {
      const result = {
        files: await check(files, NAMES, ['main', 'fast']),
        inline: await check(inline, NAMES, ['main']),
        'text and load': await others(files),
      }
      event.ports[0].postMessage(result)
    })(),
  ),
)
