/** The mutants of a file: one small change each. */
import { ASSIGNMENT, BINARY, FUNCTIONS, LOGICAL, METHODS, UNARY } from './operators.mjs'
import { parse, walk } from './parse.mjs'

/**
 * @typedef {object} Mutant
 * @property {string} file path from the root of the repository
 * @property {number} line of the change, from 1
 * @property {string} source the line, trimmed
 * @property {string} change "from -> to", on one line
 * @property {number} start of what is replaced, in UTF-16 units
 * @property {number} end
 * @property {string} replacement
 */

/** @returns {Mutant[]} in the order of the file */
export function mutantsOf(file, text) {
  const found = new Map()
  const lines = text.split('\n')
  const starts = []
  for (let at = 0, i = 0; i < lines.length; at += lines[i++].length + 1) starts.push(at)

  const add = (start, end, replacement) => {
    const before = text.slice(start, end)
    const id = `${start}:${end}:${replacement}`
    if (before === replacement || found.has(id)) return
    const line = starts.findLastIndex((at) => at <= start) + 1
    const change = `${brief(before)} -> ${brief(replacement) || 'nothing'}`
    const source = lines[line - 1].trim()
    found.set(id, { file, line, source, change, start, end, replacement })
  }
  const context = { text, add, assembly: file.startsWith('assembly/') }
  walk(parse(file, text), (node, key, ancestors) => {
    RULES[node.type]?.(node, context, key, ancestors)
  })
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The file with the change. */
export const apply = (text, { start, end, replacement }) =>
  text.slice(0, start) + replacement + text.slice(end)

function brief(text) {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}

/** Replaces the operator between two operands. */
function swap({ left, right, operator }, choices, { text, add }) {
  const between = text.slice(left.end, right.start)
  // Comments may hold anything.
  const bare = between.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, (c) => ' '.repeat(c.length))
  const start = left.end + bare.indexOf(operator)
  for (const choice of choices ?? []) add(start, start + operator.length, choice)
}

const isText = ({ type, value }) =>
  type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string')

/** A condition that is always, or never, true. A loop without an end would say nothing. */
function decide({ test }, { add }, values) {
  if (test === null || test.type === 'Literal') return
  for (const value of values) add(test.start, test.end, value)
}

/** Takes a statement away; its lines stay, for what names lines. */
function drop({ start, end }, { text, add }) {
  add(start, end, `;${text.slice(start, end).replaceAll(/[^\n]/g, '')}`)
}

const isSuper = ({ type, callee }) => type === 'CallExpression' && callee.type === 'Super'
const DROPPED = new Set([
  'AssignmentExpression',
  'AwaitExpression',
  'CallExpression',
  'UpdateExpression',
])
const both = ['true', 'false']

const RULES = {
  BinaryExpression(node, context) {
    if (node.operator === '+' && (isText(node.left) || isText(node.right))) return
    swap(node, BINARY[node.operator], context)
  },
  LogicalExpression(node, context) {
    // A default is taken away: ?? does not mix with the others.
    if (node.operator === '??') context.add(node.left.end, node.right.end, '')
    else swap(node, LOGICAL[node.operator], context)
  },
  AssignmentExpression(node, context, key) {
    // The step of a loop: changed, it would run forever.
    if (key === 'update') return
    swap(node, ASSIGNMENT[node.operator], context)
  },
  UpdateExpression({ start, end, prefix, operator }, { add }, key) {
    if (key === 'update') return
    const at = prefix ? start : end - 2
    add(at, at + 2, operator === '++' ? '--' : '++')
  },
  UnaryExpression({ operator, start, argument }, { add }) {
    if (UNARY.has(operator)) add(start, argument.start, '')
  },
  Literal: (node, context, key, ancestors) => literal(node, context, ancestors),
  MemberExpression({ optional, object, property, computed }, { text, add, assembly }, key) {
    if (optional) {
      const at = text.indexOf('?.', object.end)
      add(at, at + 2, computed ? '' : '.')
    }
    if (key !== 'callee' || computed) return
    const table = assembly ? METHODS.assembly : METHODS.src
    if (!Object.hasOwn(table, property.name)) return
    for (const name of table[property.name]) add(property.start, property.end, name)
  },
  Identifier({ name, start, end }, { add, assembly }, key) {
    if (!assembly || key !== 'callee' || !Object.hasOwn(FUNCTIONS, name)) return
    add(start, end, FUNCTIONS[name][0])
  },
  IfStatement: (node, context) => decide(node, context, both),
  ConditionalExpression: (node, context) => decide(node, context, both),
  WhileStatement: (node, context) => decide(node, context, ['false']),
  ForStatement: (node, context) => decide(node, context, ['false']),
  ExpressionStatement(node, context) {
    if (DROPPED.has(node.expression.type) && !isSuper(node.expression)) drop(node, context)
  },
  ThrowStatement: drop,
  BreakStatement: drop,
  ContinueStatement: drop,
  ReturnStatement(node, context) {
    if (node.argument === null) drop(node, context)
  },
}

/** Numbers one up, flags flipped, words emptied. Texts for people are left as they are. */
function literal({ value, raw, start, end, bigint }, { add, assembly }, ancestors) {
  if (typeof value === 'boolean') add(start, end, String(!value))
  else if (bigint !== undefined && bigint !== null) add(start, end, `${BigInt(bigint) + 1n}n`)
  else if (typeof value === 'number') add(start, end, next(raw, value))
  else if (typeof value === 'string' && !assembly && isWord(value, ancestors)) {
    add(start, end, value === '' ? "'x'" : "''")
  }
}

/** A number of the same kind, one up. Integers are taken as they are written: 64 bits fit. */
function next(raw, value) {
  const plain = raw.replaceAll('_', '')
  if (/^0x/i.test(plain)) return `0x${(BigInt(plain) + 1n).toString(16)}`
  if (/^\d+$/.test(plain)) return String(BigInt(plain) + 1n)
  const up = value + 1
  // A number too large or too small to change by 1.
  if (up === value || up === 1) return String(2 * value)
  return Number.isInteger(up) && raw.includes('.') ? up.toFixed(1) : String(up)
}

function isWord(value, ancestors) {
  if (value.includes(' ')) return false
  return !ancestors.some(
    ({ type, callee }) =>
      type === 'ThrowStatement' ||
      type === 'ImportExpression' ||
      (type === 'NewExpression' && callee.name?.endsWith('Error')),
  )
}
