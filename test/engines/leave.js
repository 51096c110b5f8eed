/**
 * In the page: leaves it by a link while a run is being written, comes back by another link, and
 * sends what the page then offers. Does that several times, or until the page says that it cannot.
 */

const TIMES = 8
const send = (got) => fetch('/result', { method: 'POST', body: JSON.stringify(got) })
const memory = JSON.parse(sessionStorage.getItem('leave') ?? '{"offers":[],"persisted":0}')
const remember = () => sessionStorage.setItem('leave', JSON.stringify(memory))
const follow = (href) => Object.assign(document.createElement('a'), { href }).click()

/** Waits until the task has a result. */
async function until(what, task) {
  const end = performance.now() + 20_000
  while (performance.now() < end) {
    const found = await task()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`waited in vain for ${what}, after ${memory.offers.length} times`)
}

async function leave() {
  await until('the panels', () => document.body.dataset.panels === 'all')
  const begun = new Promise((resolve) => {
    new BroadcastChannel('writes').addEventListener('message', resolve)
  })
  addEventListener('pagehide', ({ persisted }) => {
    if (persisted) memory.persisted++
    remember()
  })
  document.querySelector('#one-step').click()
  await begun
  follow('between.html')
}

/** What the page says if the store is blocked by the page before. */
function blocked() {
  const said = document.querySelector('#autosave')?.textContent ?? ''
  return said.includes('does not answer') && said
}

async function back() {
  const offered = () => document.querySelector('.offer')
  await until('an offer or a reason', () => offered() ?? blocked())
  const offer = offered()
  if (!offer) {
    await send({ ...memory, blocked: blocked() })
    return
  }
  memory.offers.push(offer.textContent)
  if (memory.offers.length === TIMES) {
    await send(memory)
    return
  }
  remember()
  // The next run is the only one that can be offered.
  offer.querySelector('button:last-of-type').click()
  await until('the end of the offer', () => !document.querySelector('.offer'))
  follow('index.html')
}

try {
  if (location.pathname.endsWith('between.html')) {
    document.body.textContent = 'between'
    setTimeout(() => follow('index.html?again'), 100)
  } else await (location.search === '?again' ? back() : leave())
} catch (error) {
  await send({ error: { [error.name]: error.message } })
}
