/**
 * The syntax tree of a file, TypeScript or AssemblyScript, as rolldown's parser gives it (ESTree).
 * AssemblyScript parses as TypeScript once the decorators of functions are blanked out.
 */
import { parseSync } from 'rolldown/utils'

const DECORATOR = /^(\s*(?:export\s+)?)(@\w+(?:\(.*?\))?)/gm

/** @throws {Error} when the file does not parse */
export function parse(file, text) {
  const assembly = file.startsWith('assembly/')
  const plain = assembly
    ? text.replace(DECORATOR, (_, before, name) => before + ' '.repeat(name.length))
    : text
  const { program, errors } = parseSync(file, plain)
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0].message}`)
  return program
}

/** Parts of a node that hold no code that runs. */
const TYPES = new Set([
  'typeAnnotation',
  'returnType',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'implements',
  'decorators',
])
/** Nodes of TypeScript that hold code; all others are types. */
const WITH_CODE = new Set([
  'TSAsExpression',
  'TSEnumBody',
  'TSEnumDeclaration',
  'TSEnumMember',
  'TSExportAssignment',
  'TSInstantiationExpression',
  'TSModuleBlock',
  'TSModuleDeclaration',
  'TSNonNullExpression',
  'TSParameterProperty',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
])

/**
 * Visits every node that runs, parents first.
 * @param visit called with the node, the key that its parent has it under, and its ancestors,
 *   nearest last
 */
export function walk(node, visit, key = '', ancestors = []) {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit, key, ancestors)
    return
  }
  if (typeof node?.type !== 'string') return
  if (node.type.startsWith('TS') && !WITH_CODE.has(node.type)) return
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return
  if (node.declare) return
  visit(node, key, ancestors)
  const around = [...ancestors, node]
  for (const [name, value] of Object.entries(node)) {
    if (value === null || typeof value !== 'object' || TYPES.has(name)) continue
    if (name === 'key' && !node.computed) continue
    if (name === 'source' && node.type === 'ExportNamedDeclaration') continue
    walk(value, visit, name, around)
  }
}
