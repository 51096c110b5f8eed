/** Visits the page in a frame as a visitor would, and sends back what it shows and saves. */

const frame = document.querySelector('#page')
const send = (got) => fetch('/result', { method: 'POST', body: JSON.stringify(got) })
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until the task has a result. */
async function until(what, task) {
  for (let tries = 0; tries < 2000; tries++) {
    const found = await task()
    if (found) return found
    await pause(20)
  }
  throw new Error(`waited in vain for ${what}`)
}

async function visit() {
  const page = await until(
    'the page',
    () => frame.contentDocument?.querySelector('footer') && frame,
  )
  const { contentDocument: shown, contentWindow: inside } = page
  const at = (selector) => shown.querySelector(selector)
  const refused = []
  shown.addEventListener('securitypolicyviolation', ({ violatedDirective: rule, blockedURI }) =>
    refused.push(`${rule} ${blockedURI}`),
  )
  // What the page would download is kept here.
  const blobs = []
  const { createObjectURL } = inside.URL
  inside.URL.createObjectURL = (blob) => {
    blobs.push(blob)
    return createObjectURL.call(inside.URL, blob)
  }
  inside.HTMLAnchorElement.prototype.click = () => {}
  const saved = async (selector) => {
    const before = blobs.length
    at(selector).click()
    await until(`a file of ${selector}`, () => blobs.length > before)
    return blobs.at(-1)
  }
  await until('the panels', () => shown.body.dataset.panels === 'all')
  await until('the main button', () => !at('#play').disabled)
  at('#play').click()
  await until('the end of the run', () => at('#play').textContent === 'Train again')
  await until('the picture', () => at('#picture').dataset.drawn === '500')
  const csv = await (await saved('#csv')).text()
  const file = await saved('#save-model')
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer())
  return {
    losses: csv
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',').at(-3))),
    checkpoint: Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    ),
    colors: colorsOf(at('#picture')),
    notices: Array.from(shown.querySelectorAll('.notice'), ({ textContent }) => textContent),
    refused,
  }
}

/** Number of different colors in a canvas. */
function colorsOf(canvas) {
  const { width, height } = canvas
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
  return new Set(new Uint32Array(data.buffer)).size
}

try {
  await send(await visit())
} catch (error) {
  await send({ error: { [error.name]: error.message } })
}
