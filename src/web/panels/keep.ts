/** Keep: the link that holds the settings. Checkpoints have their place here too. */
import type { App } from '../app.js'
import { button, byId, input, say } from '../dom.js'
import { toHash } from '../settings.js'

export function keepPanel(app: App): void {
  const link = input('link')
  app.on('ready', () => {
    link.value = `${location.href.split('#')[0]}${toHash(app.settings)}`
    say(byId('copy-status'), '')
  })
  link.addEventListener('focus', () => link.select())
  button('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link.value)
      say(byId('copy-status'), 'Copied.')
    } catch {
      link.select()
      say(byId('copy-status'), 'The browser does not let the page copy: copy the marked text.')
    }
  })
}
