/** Files from the visitor: recognizing their kind, opening them, drag and drop, and the picker. */
import type { App } from './app.js'
import { byId, h, say } from './dom.js'
import { goTo } from './navigation.js'
import { count, short } from './text.js'

/** Bytes of a text at most, also when it is unpacked. */
export const MOST_TEXT_BYTES = 64 * 2 ** 20
/** Enough for a run of the largest model that the page makes. */
const MOST_CHECKPOINT_BYTES = 2 ** 30

/**
 * Whether a file is a safetensors checkpoint, by its name or by its first bytes: the length of the
 * header, then JSON.
 */
export async function isCheckpoint(file: File): Promise<boolean> {
  if (/\.safetensors$/i.test(file.name)) return true
  const start = new DataView(await file.slice(0, 9).arrayBuffer())
  if (start.byteLength < 9) return false
  const length = start.getBigUint64(0, true)
  return length <= BigInt(file.size - 8) && start.getUint8(8) === '{'.charCodeAt(0)
}

/** Why a file is refused for its size: the end of a sentence. */
export const tooLarge = (what: string, most: number) =>
  `the page takes ${what} of up to ${count(most / 2 ** 20)} MiB`

/** Opens a file: a checkpoint replaces the model; a text is shown under Your data. */
export async function openFile(
  app: App,
  file: File,
  takeText: (bytes: Uint8Array, name: string) => void | Promise<void>,
): Promise<void> {
  const name = short(file.name, 60)
  let place = 'data-status'
  try {
    const checkpoint = await isCheckpoint(file)
    if (checkpoint) place = 'keep-status'
    const most = checkpoint ? MOST_CHECKPOINT_BYTES : MOST_TEXT_BYTES
    if (file.size > most) throw new Error(tooLarge(checkpoint ? 'checkpoints' : 'texts', most))
    if (checkpoint) {
      showKeep()
      await app.load(file)
    } else {
      await takeText(new Uint8Array(await file.arrayBuffer()), short(file.name, 40))
      goTo('#data')
    }
  } catch (error) {
    if (place === 'keep-status') showKeep()
    else goTo('#data')
    say(byId(place), `${name} cannot be used: ${(error as Error).message}`)
  }
}

/** Opens the Save / Share panel. */
export function showKeep(): void {
  byId('keep').hidden = false
  byId('save-share').setAttribute('aria-expanded', 'true')
}

/**
 * Accepts files dropped anywhere on the page, because a browser would otherwise leave the page to
 * open them. Dropped text is accepted only in `forText` and outside input fields.
 */
export function takeDrops(
  forText: HTMLElement,
  takeFile: (file: File) => void,
  takeText: (text: string) => void,
): void {
  const kind = ({ dataTransfer, target }: DragEvent) => {
    if (dataTransfer?.types.includes('Files')) return 'file'
    const inField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
    return forText.contains(target as Node) && !inField ? 'text' : null
  }
  const over = (event: DragEvent, on: boolean) => {
    if (kind(event) === null) return
    event.preventDefault()
    for (const zone of document.querySelectorAll('.drop')) {
      zone.classList.toggle('over', on && (kind(event) === 'file' || zone === forText))
    }
  }
  // In the capture phase, so that no other element handles the event first.
  addEventListener('dragover', (event) => over(event, true), true)
  addEventListener('dragleave', (event) => over(event, false), true)
  addEventListener(
    'drop',
    (event) => {
      over(event, false)
      const what = kind(event)
      const file = event.dataTransfer?.files[0]
      if (what === 'file' && file) takeFile(file)
      if (what === 'text') takeText(event.dataTransfer!.getData('text/plain'))
    },
    true,
  )
}

/** Connects a button to a file input. */
export function pickFile(
  button: HTMLButtonElement,
  picker: HTMLInputElement,
  take: (file: File) => void,
): void {
  button.addEventListener('click', () => picker.click())
  picker.addEventListener('change', () => {
    const file = picker.files?.[0]
    if (file) take(file)
    // Reset, so that choosing the same file again fires a change event.
    picker.value = ''
  })
}

/** Gives the visitor a file. */
export function saveBlob(blob: Blob, download: string): void {
  const href = URL.createObjectURL(blob)
  h('a', { href, download }).click()
  setTimeout(() => URL.revokeObjectURL(href), 60_000)
}

/** A button that copies a text; where the browser does not allow that, it selects it. */
export function copies(button: HTMLButtonElement, from: HTMLElement, status: HTMLElement): void {
  const field = from instanceof HTMLInputElement ? from : null
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field ? field.value : from.textContent)
      say(status, 'Copied.')
    } catch {
      if (field) field.select()
      else getSelection()?.selectAllChildren(from)
      say(status, 'The browser does not let the page copy: copy the marked text.')
    }
  })
}
