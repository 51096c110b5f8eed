/** The worker's side of createWorkerModel: one model, and one run at a time. */
import { TrainingError } from '../errors.js'
import { type CreateOptions, MicroGPT, type StepResult } from '../gpt/microgpt.js'
import { INFO_FIELDS, type Created, type Ending, type ModelApi } from './model-api.js'
import type { ModelInfo, ParameterCopy, Steps } from './model-api.js'
import { type Answer, type CallContext, type ServerPort, serveRpc } from './rpc.js'
import { nextTurn } from './turn.js'

/** At most 20 messages per second, however fast the steps are. */
const MESSAGE_MS = 50

export function serveModel(port: ServerPort): void {
  let model: MicroGPT | null = null
  let training = false

  const gpt = () => {
    if (!model) throw new TrainingError('there is no model in this worker yet')
    return model
  }

  serveRpc<ModelApi>(port, {
    async create(options) {
      model = await MicroGPT.create(withUrl(options))
      return created(model, options.docs)
    },
    async load({ bytes, options }) {
      model = await MicroGPT.load(bytes as Uint8Array, withUrl(options))
      return created(model, options.docs)
    },
    save(options) {
      const bytes = gpt().save(options)
      return [bytes, bytes]
    },
    async train(options, { emit, isStopped }) {
      const run = gpt().train(options)
      if (training) {
        throw new TrainingError('this model is training already; wait, or abort that run')
      }
      training = true
      try {
        const status = await stream(run, isStopped, (steps) => {
          const part = pack(gpt(), steps)
          emit(part, [part.losses, part.lrs])
        })
        return [{ status, step: gpt().step }]
      } finally {
        training = false
      }
    },
    validate: () => [gpt().validate()],
    sample: (options) => [gpt().sample(options)],
    async generate(options, { emit, isStopped }) {
      return [await stream(gpt().generate(options), isStopped, emit)]
    },
    loss: (docs) => [gpt().loss(docs)],
    params() {
      const params = gpt().params.slice()
      return [params, params]
    },
    stateDict() {
      const copies: ParameterCopy[] = []
      for (const { name, shape, purpose, data, grad } of gpt().stateDict.values()) {
        copies.push({ name, shape, purpose, data: data.slice(), grad: grad.slice() })
      }
      return [copies, ...copies.flatMap(({ data, grad }) => [data, grad])]
    },
  })
}

/** Sends items in batches, at most 20 per second, and lets messages in between. */
async function stream<T>(
  items: Iterator<T>,
  isStopped: CallContext<T>['isStopped'],
  emit: (batch: T[]) => void,
): Promise<Ending> {
  let batch: T[] = []
  const flush = () => {
    if (batch.length > 0) emit(batch)
    batch = []
  }
  try {
    for (;;) {
      const until = performance.now() + MESSAGE_MS
      do {
        const { done, value } = items.next()
        if (done) return 'completed'
        batch.push(value)
      } while (performance.now() < until)
      flush()
      await nextTurn()
      if (isStopped()) return 'aborted'
    }
  } finally {
    flush()
  }
}

function pack({ step, docsSeen }: MicroGPT, steps: readonly StepResult[]): Steps {
  const losses = Float64Array.from(steps, ({ loss }) => loss)
  const lrs = Float64Array.from(steps, ({ lr }) => lr)
  const valLosses = new Map<number, number>()
  for (const one of steps) if (one.valLoss !== undefined) valLosses.set(one.step, one.valLoss)
  return { step, docsSeen, losses, lrs, valLosses }
}

/** The core's address as a URL again, which no message carries. */
function withUrl<O extends Pick<CreateOptions, 'core'>>(options: O): O {
  const { core } = options
  return typeof core === 'string' && URL.canParse(core)
    ? { ...options, core: new URL(core) }
    : options
}

function created(model: MicroGPT, given: readonly string[] = []): Answer<Created> {
  const { docs, valDocs, tokenizer } = model
  // Of equal documents any index will do.
  const index = new Map(given.map((doc, i) => [doc, i]))
  const places = Uint32Array.from([...docs, ...valDocs], (doc) => index.get(doc)!)
  const info = Object.fromEntries(INFO_FIELDS.map((name) => [name, model[name]]))
  return [{ info: info as unknown as ModelInfo, chars: tokenizer.chars, places }, places]
}
