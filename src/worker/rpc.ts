/** Calls to a worker over messages: typed, each with one answer, and with parts before it. */
import { ConfigError, MicroGPTError } from '../errors.js'
import { type PackedError, isPortable, packError, unpackError } from './portable.js'

/** A method of a worker: what it takes, what it answers, and what it sends before it answers. */
export interface Method {
  argument: unknown
  result: unknown
  part?: unknown
}
type Methods<A> = { [M in keyof A]: Method }

type PartOf<M extends Method> = M extends { part: infer P } ? P : never

export type Request = { id: number; call: string; argument: unknown } | { id: number; call: 'stop' }

export type Reply =
  | { id: number; part: unknown }
  | { id: number; result: unknown }
  | { id: number; error: PackedError }

export interface CallOptions<Part> {
  /** Receives each part, in order. */
  onPart?: (part: Part) => void
  /** Asks the worker to stop this call; it still answers. */
  signal?: AbortSignal
  /** Memory that is moved to the worker instead of copied. */
  transfer?: Transferable[]
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  onPart?: ((part: never) => void) | undefined
}

export class RpcClient<A extends Methods<A>> {
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private nextId = 1
  private closed: Error | null = null

  /** @param onFail called once when the worker's script fails or cannot be loaded */
  constructor(worker: Worker, onFail: (error: MicroGPTError) => void = () => {}) {
    this.worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.receive(data))
    worker.addEventListener('error', ({ message }) => {
      const what = message ? `failed: ${message}` : 'could not be loaded'
      const error = new MicroGPTError(`the worker ${what}`)
      this.close(error)
      onFail(error)
    })
  }

  /**
   * @throws {ConfigError} for an argument that no message can carry
   * @throws what the method threw, in its class
   */
  async call<M extends keyof A & string>(
    method: M,
    argument: A[M]['argument'],
    { onPart, signal, transfer = [] }: CallOptions<PartOf<A[M]>> = {},
  ): Promise<A[M]['result']> {
    if (this.closed) throw this.closed
    const id = this.nextId
    try {
      this.worker.postMessage({ id, call: method, argument }, transfer)
    } catch (error) {
      throw whyNotSent(method, argument, error)
    }
    this.nextId++
    const stop = () => this.worker.postMessage({ id, call: 'stop' }, [])
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
    try {
      return await new Promise((resolve, reject) => {
        this.pending.set(id, { resolve, reject, onPart })
      })
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Ends the worker; pending calls and all later ones fail with this error. */
  close(error: Error): void {
    this.closed ??= error
    this.worker.terminate()
    for (const { reject } of this.pending.values()) reject(error)
    this.pending.clear()
  }

  private receive(reply: Reply): void {
    const call = this.pending.get(reply.id)
    if (!call) return
    if ('part' in reply) {
      call.onPart?.(reply.part as never)
      return
    }
    this.pending.delete(reply.id)
    if ('error' in reply) call.reject(unpackError(reply.error))
    else call.resolve(reply.result)
  }
}

/** The worker's end of the messages: its global scope, or a port. */
export interface ServerPort {
  postMessage(message: Reply, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: Request }) => void): void
}

/** One call, as its method sees it. */
export interface CallContext<Part> {
  /** Sends a part of the answer. @param moved arrays that are moved instead of copied */
  emit(part: Part, moved?: readonly ArrayBufferView[]): void
  /** Whether the client has asked to stop. */
  isStopped(): boolean
}

/** An answer, and of that the arrays that are moved to the client instead of copied. */
export type Answer<Result> = [result: Result, ...moved: ArrayBufferView[]]

export type Implementation<A extends Methods<A>> = {
  [M in keyof A]: (
    argument: A[M]['argument'],
    context: CallContext<PartOf<A[M]>>,
  ) => Answer<A[M]['result']> | Promise<Answer<A[M]['result']>>
}

/** Answers calls with these methods. */
export function serveRpc<A extends Methods<A>>(port: ServerPort, methods: Implementation<A>): void {
  const running = new Set<number>()
  const send = (message: Reply, moved: readonly ArrayBufferView[] = []) =>
    port.postMessage(
      message,
      moved.map(({ buffer }) => buffer as ArrayBuffer),
    )

  port.addEventListener('message', async ({ data: request }) => {
    const { id, call } = request
    if (!('argument' in request)) {
      running.delete(id)
      return
    }
    running.add(id)
    try {
      if (!Object.hasOwn(methods, call)) throw new MicroGPTError(`there is no method ${call}`)
      const [result, ...moved] = await methods[call as keyof A](request.argument as never, {
        emit: (part, arrays) => send({ id, part }, arrays),
        isStopped: () => !running.has(id),
      })
      send({ id, result }, moved)
    } catch (error) {
      send({ id, error: packError(error) })
    } finally {
      running.delete(id)
    }
  })
}

/** Names the option that cannot be copied into a message. */
function whyNotSent(method: string, argument: unknown, error: unknown): Error {
  const found = findUnportable(argument, method)
  if (!found) return new MicroGPTError(`${method}: ${(error as Error).message}`)
  const [field, value] = found
  const kind = Object.prototype.toString.call(value).slice(8, -1)
  return new ConfigError(
    field,
    value,
    `${method}: ${field} cannot be sent to a worker, because it is or holds a ${kind}`,
  )
}

/** The innermost property that cannot be copied. */
function findUnportable(value: unknown, field: string): [string, unknown] | null {
  if (isPortable(value)) return null
  if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      const found = findUnportable(inner, Array.isArray(value) ? field : name)
      if (found) return found
    }
  }
  return [field, value]
}
