/** The export command: writes a checkpoint as a folder for PyTorch or as an ONNX file. */
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readCheckpoint } from '../checkpoint/read.js'
import { CheckpointError, TokenizerError } from '../errors.js'
import { dataText } from '../export/data-text.js'
import { onnxFile } from '../export/onnx.js'
import { DATA_FILE, TORCH_SCRIPT, torchCommand } from '../export/pytorch.js'
import { MicroGPT } from '../gpt/microgpt.js'
import { readData } from './data.js'
import { PROGRAM, UsageError } from './exit.js'
import { type OpenModel, attemptFile, withModel } from './files.js'
import type { Flags } from './parse.js'
import type { Surroundings } from './session.js'
import { dataSettings, textOf } from './settings.js'

export async function exportModel(flags: Flags, surroundings: Surroundings): Promise<number> {
  const model = textOf(flags, 'MODEL')
  const [folder, onnx] = [textOf(flags, 'pytorch'), textOf(flags, 'onnx')]
  const usage = `${PROGRAM} export MODEL`
  if (model === undefined) {
    throw new UsageError(`export needs a checkpoint: ${usage} --onnx FILE or --pytorch DIR`)
  }
  if (folder === undefined && onnx === undefined) {
    throw new UsageError(`export needs a target: ${usage} --onnx FILE or --pytorch DIR`)
  }
  if (flags.has('float32') && onnx === undefined) {
    throw new UsageError('--float32 needs --onnx FILE: checkpoints are always float64')
  }
  if (flags.has('data') && folder === undefined) {
    throw new UsageError('--data needs --pytorch DIR: an ONNX file has no data; leave it out')
  }
  await withModel(model, async (file) => {
    if (folder !== undefined) await toFolder(file, folder, flags, surroundings)
    if (onnx !== undefined) toOnnx(file, onnx, flags.has('float32'), surroundings)
  })
  return 0
}

/** Writes the folder for PyTorch. Checks everything before it creates the folder. */
async function toFolder(
  model: OpenModel,
  folder: string,
  flags: Flags,
  { out, interrupt }: Surroundings,
): Promise<void> {
  const { mode } = readCheckpoint(model)
  const data = await readData({ ...dataSettings(flags), mode }, interrupt.signal)
  // A file that holds only parameters starts a new run.
  const gpt = await MicroGPT.load(model, data).catch((cause: unknown) => {
    const other = cause instanceof CheckpointError && cause.code === 'dataset'
    if (!other && !(cause instanceof TokenizerError)) throw cause
    const message = 'the model was trained on other data; give the same with --data FILE'
    throw new CheckpointError('dataset', message, { cause })
  })
  const text = dataText(data)
  const script = readFileSync(new URL(`../python/${TORCH_SCRIPT}`, import.meta.url))
  const hint = 'give --pytorch a new or an empty folder'
  attemptFile('write', folder, hint, () => {
    mkdirSync(folder, { recursive: true })
    if (readdirSync(folder).length > 0) throw new UsageError(`${folder} is not empty; ${hint}`)
  })
  create(join(folder, 'model.safetensors'), gpt.save({ optimizer: true }))
  create(join(folder, DATA_FILE), new TextEncoder().encode(text))
  create(join(folder, TORCH_SCRIPT), script)
  out.write(commands(folder, gpt.step, gpt.config.num_steps))
}

function toOnnx(model: OpenModel, path: string, float32: boolean, { out }: Surroundings): void {
  const file = onnxFile(readCheckpoint(model), { float32 })
  create(path, file)
  const size = file.length.toLocaleString('en-US')
  out.write(`${path}: ${size} bytes, ${float32 ? 'float32' : 'float64'}; ids to logits\n`)
}

/** Writes a new file; if writing fails, no partial file is left. */
function create(path: string, bytes: Uint8Array): void {
  attemptFile('write', path, 'give a path that can be written to', () => {
    const fd = openNew(path)
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
      closeSync(fd)
    } catch (error) {
      closeSync(fd)
      unlinkSync(path)
      throw error
    }
  })
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new UsageError(`${path} exists already; export never overwrites a file`)
  }
}

/** A path, quoted for a shell if necessary. */
const quoted = (path: string) =>
  /^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`

/** The text that explains how to train in the folder and copy the model back. */
function commands(folder: string, step: number, total: number): string {
  const at = (name: string) => quoted(join(folder, name))
  const [model, data] = [at('model.safetensors'), at(DATA_FILE)]
  const run = torchCommand({ script: at(TORCH_SCRIPT), model, data }, total)
  return `${folder}: the model at step ${step} of ${total}, its data and ${TORCH_SCRIPT}

Copy the folder to where PyTorch is. Train in one process, in eight, or on two hosts
(each has the folder; rank 0 saves the model):

  python3 ${run}
  torchrun --nproc_per_node=8 ${run}
  torchrun --nnodes=2 --nproc_per_node=8 --rdzv_backend=c10d --rdzv_endpoint=HOST:29500 \\
    ${run}

Then copy the model back:

  ${PROGRAM} train --resume ${model} --data ${data}
`
}
