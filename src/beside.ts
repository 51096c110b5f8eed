/** Parts of the host that lie in files of their own and are loaded when they are asked for. */
import { MicroGPTError } from './errors.js'

/**
 * What a file beside this one holds.
 * @param part import() of it
 * @throws {MicroGPTError} when the file is not there
 */
export async function beside<T>(file: string, part: Promise<T>): Promise<T> {
  return part.catch((cause: unknown) => {
    throw new MicroGPTError(`${file} could not be loaded; put it beside microgpt.js`, { cause })
  })
}
