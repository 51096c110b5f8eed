/**
 * A transform of the AssemblyScript compiler: before each statement of a function it puts one that
 * sets a flag of its line, an imported global named file:line. Whoever makes an instance gives the
 * globals, so that all instances share them and each says which lines were run by any of them. A
 * line that no instance of a generic or inlined function compiles has no import, and is not run.
 */
import { Node, NodeKind, Parser, Token } from 'assemblyscript'

/** The module of the imports. */
export const MODULE = 'lines'

const flagOf = (line) => `__line${line}`

export class CountLines {
  /** Lines that begin a statement, by file. */
  lines = new Map()

  /** Called by the compiler once all files are parsed. */
  afterParse({ sources }) {
    for (const source of sources) {
      if (source.isLibrary || source.internalPath.startsWith('~lib/')) continue
      const found = new Set()
      for (const statement of source.statements) countDeclaration(statement, found)
      const lines = [...found].sort((a, b) => a - b)
      const file = `${source.internalPath}.ts`
      this.lines.set(file, lines)
      source.statements.unshift(...declarations(file, lines))
    }
  }
}

/** `@external("lines", "file:line") declare let __line7: bool` for each line. */
function declarations(file, lines) {
  const parser = new Parser()
  const text = lines.map(
    (line) => `@external("${MODULE}", "${file}:${line}")\ndeclare let ${flagOf(line)}: bool\n`,
  )
  parser.parseFile(text.join(''), file, true)
  return parser.sources[0].statements
}

function countDeclaration(declaration, found) {
  switch (declaration.kind) {
    case NodeKind.NamespaceDeclaration:
    case NodeKind.ClassDeclaration:
    case NodeKind.InterfaceDeclaration:
      for (const member of declaration.members) countDeclaration(member, found)
      break
    case NodeKind.FunctionDeclaration:
    case NodeKind.MethodDeclaration:
      if (declaration.body) declaration.body = counted(declaration.body, found)
  }
}

/** A statement, with those inside it, and the flag of its line before it. */
function counted(statement, found) {
  switch (statement.kind) {
    case NodeKind.Block:
      statement.statements = statement.statements.flatMap((inner) => flagged(inner, found))
      return statement
    case NodeKind.Empty:
      return statement
  }
  return Node.createBlockStatement(flagged(statement, found), statement.range)
}

/** The flag, then the statement: two of a list, so that what it declares is seen after it. */
function flagged(statement, found) {
  const { kind, range } = statement
  if (kind === NodeKind.Block || kind === NodeKind.Empty) return [counted(statement, found)]
  switch (kind) {
    case NodeKind.If:
      statement.ifTrue = counted(statement.ifTrue, found)
      if (statement.ifFalse) statement.ifFalse = counted(statement.ifFalse, found)
      break
    case NodeKind.For:
    case NodeKind.ForOf:
    case NodeKind.While:
    case NodeKind.Do:
      statement.body = counted(statement.body, found)
      break
    case NodeKind.Switch:
      for (const one of statement.cases) {
        one.statements = one.statements.flatMap((inner) => flagged(inner, found))
      }
  }
  const line = range.source.lineAt(range.start)
  found.add(line)
  const flag = Node.createIdentifierExpression(flagOf(line), range)
  const yes = Node.createTrueExpression(range)
  const set = Node.createBinaryExpression(Token.Equals, flag, yes, range)
  return [Node.createExpressionStatement(set), statement]
}
