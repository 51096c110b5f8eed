/** The worker's side of createWorkerModel: one model, and one run at a time. */
import { TrainingError } from '../errors.js'
import { type CreateOptions, MicroGPT, type StepResult } from '../gpt/microgpt.js'
import { type Call, type Calls, type Parts, TOLD, packError } from './messages.js'
import type { ParameterCopy, Reply, Request, Told } from './messages.js'
import { nextTurn } from './turn.js'

/** At most 20 messages a second, however fast the steps are. */
const MESSAGE_MS = 50

interface Port {
  postMessage(message: Reply, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: Request }) => void): void
}

/** What is answered, and of that the arrays that are moved to the page instead of copied. */
type Answer<C extends Call> = [result: Calls[C][1], ...moved: ArrayBufferView[]]

export function serve(port: Port): void {
  let model: MicroGPT | null = null
  let training = false
  /** The calls that go on bit by bit; a call that is stopped is in here no more. */
  const going = new Set<number>()

  const gpt = () => {
    if (!model) throw new TrainingError('there is no model in this worker yet')
    return model
  }

  function say(message: Reply, moved: readonly ArrayBufferView[] = []): void {
    port.postMessage(
      message,
      moved.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  /** Tells what there is of a call at most 20 times a second, and listens in between. */
  async function goThrough<T>(id: number, all: Iterator<T>, tell: (part: T[]) => void) {
    let part: T[] = []
    const flush = () => {
      if (part.length > 0) tell(part)
      part = []
    }
    going.add(id)
    try {
      for (;;) {
        const until = performance.now() + MESSAGE_MS
        do {
          const { done, value } = all.next()
          if (done) return 'completed'
          part.push(value)
        } while (performance.now() < until)
        flush()
        await nextTurn()
        if (!going.has(id)) return 'aborted'
      }
    } finally {
      flush()
      going.delete(id)
    }
  }

  function tellSteps(id: number, steps: readonly StepResult[]): void {
    const { step, docsSeen } = gpt()
    const losses = Float64Array.from(steps, ({ loss }) => loss)
    const lrs = Float64Array.from(steps, ({ lr }) => lr)
    const valLosses = new Map<number, number>()
    for (const one of steps) if (one.valLoss !== undefined) valLosses.set(one.step, one.valLoss)
    const part: Parts['train'] = { step, docsSeen, losses, lrs, valLosses }
    say({ id, part }, [losses, lrs])
  }

  const calls: {
    [C in Call]: (argument: Calls[C][0], id: number) => Answer<C> | Promise<Answer<C>>
  } = {
    async create(options) {
      model = await MicroGPT.create(withUrl(options))
      return made(model, options.docs)
    },
    async load({ bytes, options }) {
      model = await MicroGPT.load(bytes, withUrl(options))
      return made(model, options.docs)
    },
    save(options) {
      const bytes = gpt().save(options)
      return [bytes, bytes]
    },
    async train(options, id) {
      const run = gpt().train(options)
      if (training) {
        throw new TrainingError('this model is training already; wait, or abort that run')
      }
      training = true
      try {
        const status = await goThrough(id, run, (steps) => tellSteps(id, steps))
        return [{ status, step: gpt().step }]
      } finally {
        training = false
      }
    },
    validate: () => [gpt().validate()],
    sample: (options) => [gpt().sample(options)],
    async generate(options, id) {
      return [await goThrough(id, gpt().generate(options), (part) => say({ id, part }))]
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
  }

  port.addEventListener('message', async ({ data: request }) => {
    const { id, call } = request
    if (call === 'stop') {
      going.delete(id)
      return
    }
    try {
      const [result, ...moved] = await calls[call](request.argument as never, id)
      say({ id, result }, moved)
    } catch (error) {
      say({ id, error: packError(error) })
    }
  })
}

/** The core's address as a URL again, which no message carries. */
function withUrl<O extends Pick<CreateOptions, 'core'>>(options: O): O {
  const { core } = options
  return typeof core === 'string' && URL.canParse(core)
    ? { ...options, core: new URL(core) }
    : options
}

function made(model: MicroGPT, given: readonly string[] = []): Answer<'create'> {
  const { docs, valDocs, tokenizer } = model
  // Of equal documents any place will do.
  const place = new Map(given.map((doc, i) => [doc, i]))
  const places = Uint32Array.from([...docs, ...valDocs], (doc) => place.get(doc)!)
  const told = Object.fromEntries(TOLD.map((name) => [name, model[name]])) as unknown as Told
  return [{ told, chars: tokenizer.chars, places }, places]
}
