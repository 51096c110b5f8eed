/** Move on: the script and the data for PyTorch with their command, and the model as ONNX. */
import { TORCH_SCRIPT, DATA_FILE, torchCommand } from '../../export/pytorch.js'
import type { App } from '../app.js'
import { button, byId, say } from '../dom.js'
import { copies, saveBlob } from '../files.js'
import type { SavedFile } from '../page-api.js'
import { count, modelFileName, sentence } from '../text.js'

/** The script, where the build puts it into the page; else nothing of this name exists. */
declare const SCRIPT_TEXT: string

type NamedFile = Pick<SavedFile, 'file' | 'name'>

async function scriptFile(): Promise<Blob> {
  if (typeof SCRIPT_TEXT === 'string') return new Blob([SCRIPT_TEXT])
  const answer = await fetch(TORCH_SCRIPT).catch(() => null)
  if (answer?.ok) return answer.blob()
  throw new Error('the script cannot be loaded from the server of this page')
}

/** @returns what is to be called with the name of a checkpoint that has been saved */
export function onwardPanel(app: App): (checkpoint: string) => void {
  let saved: string | null = null
  const show = () => {
    const { ready, settings, step } = app
    if (!ready) return
    const model = saved ?? modelFileName(settings.preset, step, 'safetensors')
    const files = { script: TORCH_SCRIPT, model, data: DATA_FILE }
    say(byId('command'), `python3 ${torchCommand(files, ready.config.num_steps)}`)
  }
  const [torch, onnx] = [byId('torch-status'), byId('onnx-status')]
  const saves = (what: string, status: HTMLElement, fileOf: () => Promise<NamedFile>) =>
    button(`save-${what}`).addEventListener('click', async () => {
      try {
        const { file, name } = await fileOf()
        saveBlob(file, name)
        say(status, `Saved: ${name}, ${count(file.size)} bytes.`)
      } catch (error) {
        // The sentence of the command line.
        const { message } = error as Error
        say(status, sentence(`${message[0]!.toUpperCase()}${message.slice(1)}`))
      }
    })
  saves('script', torch, async () => ({ file: await scriptFile(), name: TORCH_SCRIPT }))
  saves('data', torch, () => app.call('exported', { what: 'data' }))
  saves('onnx', onnx, () => app.call('exported', { what: 'onnx' }))
  copies(button('copy-command'), byId('command'), torch)

  app.on('ready', ({ ready }) => {
    for (const what of ['script', 'data', 'onnx']) {
      button(`save-${what}`).disabled = ready.engine !== 'wasm'
    }
    saved = null
    for (const status of [torch, onnx]) say(status, '')
    show()
  })
  app.on('progress', ({ progress }) => {
    if (progress.state !== 'running') show()
  })
  return (checkpoint) => {
    saved = checkpoint
    show()
  }
}
