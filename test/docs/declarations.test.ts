/** The declarations that are shipped: every export and every public member has a docstring. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Node, Project, ts } from 'ts-morph'
import { expect, test } from 'vitest'
import { root } from './blocks.js'

/** The entry points that programs import. The cores and the scripts of workers export no names. */
const ENTRIES = ['.', './inline', './worker', './reference', './names']

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string }>
}
const project = new Project({
  compilerOptions: {
    target: ts.ScriptTarget.ES2022,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    module: ts.ModuleKind.NodeNext,
  },
})
const { compilerObject: checker } = project.getTypeChecker()

const visited = new Set<Node>()
const undocumented: string[] = []

/** Of the package itself: not of TypeScript's libraries, nor the stand-ins for the DOM's types. */
const isOwn = (node: Node) => {
  const file = node.getSourceFile().getFilePath()
  return file.startsWith(join(root, 'build')) && !file.endsWith('/platform.d.ts')
}
const isMember = ({ compilerNode: node }: Node) => ts.isTypeElement(node) || ts.isClassElement(node)
const isPrivate = (node: Node) =>
  (Node.isScoped(node) && node.getScope() !== 'public') || nameOf(node).startsWith('#')

function nameOf(node: Node): string {
  if (Node.isConstructorDeclaration(node)) return 'constructor'
  return Node.hasName(node) ? node.getName() : node.getKindName()
}

/** The docstring of a declaration, or of the member that it overrides. */
function docstring(node: Node): string {
  // That of a constant is before the statement.
  const owner = Node.isVariableDeclaration(node) ? node.getVariableStatement()! : node
  const own = Node.isJSDocable(owner) ? owner.getJsDocs().map((doc) => doc.getText()) : []
  const inherited = node.getSymbol()?.compilerSymbol.getDocumentationComment(checker)
  return own.join('\n') || ts.displayPartsToString(inherited)
}

/**
 * Visits a declaration, its members, and what it extends or takes.
 * @param around the docstring that this declaration is part of; it may explain the fields of an
 *   object that only one signature has, by name
 */
function visit(name: string, node: Node, around = ''): void {
  if (visited.has(node) || !isOwn(node) || isPrivate(node)) return
  visited.add(node)
  const text = docstring(node)
  // A class's name, which minifying does not change, needs no explanation.
  const isName = Node.isPropertyDeclaration(node) && node.isStatic() && node.getName() === 'name'
  const isExplained = new RegExp(`\\b${nameOf(node)}\\b`).test(around)
  if (text === '' && !isExplained && !isName) undocumented.push(name)
  visitInside(name, node, text || around)
}

function visitInside(name: string, node: Node, around: string): void {
  const isObject = Node.isClassDeclaration(node) || Node.isInterfaceDeclaration(node)
  const isCall = Node.isFunctionDeclaration(node)
  node.forEachDescendant((inner, traversal) => {
    if (isMember(inner)) {
      visit(`${name}.${nameOf(inner)}`, inner, isObject ? '' : around)
      traversal.skip()
    } else if (Node.isHeritageClause(inner)) {
      for (const base of inner.getTypeNodes()) visitNamed(base.getExpression())
    } else if (Node.isTypeReference(inner) && (isCall || Node.isTypeAliasDeclaration(node))) {
      visitNamed(inner.getTypeName())
    }
  })
}

/** Visits what a declaration extends or a function takes: it may not be an export itself. */
function visitNamed(type: Node): void {
  const symbol = type.getSymbol()
  const declared = (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations() ?? []
  for (const node of declared) if (!Node.isTypeParameterDeclaration(node)) visit(nameOf(node), node)
}

for (const entry of ENTRIES) {
  const source = project.addSourceFileAtPath(join(root, exports[entry]!.types))
  for (const [name, declarations] of source.getExportedDeclarations()) {
    for (const node of declarations) visit(name, node)
  }
}

test('every export and public member has a docstring', () => {
  expect(visited.size).toBeGreaterThan(400)
  expect(undocumented).toEqual([])
})
