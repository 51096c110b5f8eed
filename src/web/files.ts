/** Files from the visitor: what they are, and where they come in. */
import type { App } from './app.js'
import { decodeUtf8 } from '../data/text.js'
import { byId, say } from './dom.js'
import { count, short } from './text.js'

const MOST_BYTES = 64 * 2 ** 20
/** A run of the largest model that a page makes. */
const MOST_CHECKPOINT_BYTES = 2 ** 30

/** By its name, or else by its beginning: a header of JSON after its length, as safetensors have. */
export async function isCheckpoint(file: File): Promise<boolean> {
  if (/\.safetensors$/i.test(file.name)) return true
  const start = new DataView(await file.slice(0, 9).arrayBuffer())
  if (start.byteLength < 9) return false
  const length = start.getBigUint64(0, true)
  return length <= BigInt(file.size - 8) && start.getUint8(8) === '{'.charCodeAt(0)
}

const mib = (bytes: number) => `${count(bytes / 2 ** 20)} MiB`

/** A checkpoint into the model's place, a text into the documents'. */
export async function openFile(app: App, file: File): Promise<void> {
  const name = short(file.name, 60)
  let place = 'data-status'
  try {
    const checkpoint = await isCheckpoint(file)
    if (checkpoint) place = 'keep-status'
    const most = checkpoint ? MOST_CHECKPOINT_BYTES : MOST_BYTES
    if (file.size > most) throw new Error(`the page takes such files of up to ${mib(most)}`)
    if (checkpoint) app.load(file)
    else app.useText(decodeUtf8(new Uint8Array(await file.arrayBuffer())), short(file.name, 40))
  } catch (error) {
    say(byId(place), `${name} cannot be used: ${(error as Error).message}`)
  }
}

/**
 * Files may be dropped anywhere: a browser would else leave the page for them. A text only where it
 * says so, for elsewhere it may be meant for a field.
 */
export function takeDrops(app: App, forText: HTMLElement): void {
  const kind = ({ dataTransfer, target }: DragEvent) => {
    if (dataTransfer?.types.includes('Files')) return 'file'
    return forText.contains(target as Node) ? 'text' : null
  }
  const over = (event: DragEvent, on: boolean) => {
    if (kind(event) === null) return
    event.preventDefault()
    for (const zone of document.querySelectorAll('.drop')) {
      zone.classList.toggle('over', on && (kind(event) === 'file' || zone === forText))
    }
  }
  // On the way down: whatever lies there does not get it first.
  addEventListener('dragover', (event) => over(event, true), true)
  addEventListener('dragleave', (event) => over(event, false), true)
  addEventListener(
    'drop',
    (event) => {
      over(event, false)
      const what = kind(event)
      const file = event.dataTransfer?.files[0]
      if (what === 'file' && file) void openFile(app, file)
      if (what === 'text') app.useText(event.dataTransfer!.getData('text/plain'), 'a dropped text')
    },
    true,
  )
}

/** A button that opens the browser's own choice of files. */
export function pickFile(app: App, button: HTMLButtonElement, picker: HTMLInputElement): void {
  button.addEventListener('click', () => picker.click())
  picker.addEventListener('change', () => {
    const file = picker.files?.[0]
    if (file) void openFile(app, file)
    // The same file again is a change, too.
    picker.value = ''
  })
}
