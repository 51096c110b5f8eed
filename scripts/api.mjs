/**
 * The API reference, from the docstrings of everything that src/index.ts and src/reference/index.ts
 * export:
 *
 *     node scripts/api.mjs            write docs/api.md
 *     node scripts/api.mjs --check    exit code 1 when docs/api.md is not current, or a docstring is missing
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import prettier from 'prettier'
import { Node, Project, Scope } from 'ts-morph'

const root = fileURLToPath(new URL('..', import.meta.url))
const FILE = `${root}docs/api.md`

const INTRO = `# API reference

Made from the docstrings by \`npm run docs:api\`. Shapes are in brackets, row-major. \`?\` marks optional
parameters and fields; a default follows in the text.
`

/** Exports without a docstring, as \`Name\` or \`Class.member\`. */
const undocumented = []

const project = new Project({
  tsConfigFilePath: `${root}tsconfig.json`,
  skipAddingFilesFromTsConfig: true,
})

/** All exports of a module, in alphabetical order: values first, then types. */
function section(title, path) {
  const source = project.addSourceFileAtPath(`${root}${path}`)
  project.resolveSourceFileDependencies()
  const entries = [...source.getExportedDeclarations()].map(([name, [node]]) => ({ name, node }))
  const isType = ({ node }) =>
    Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node)
  const sorted = entries.sort((a, b) => isType(a) - isType(b) || (a.name < b.name ? -1 : 1))
  return [`## ${title}\n`, ...sorted.map(({ name, node }) => entry(name, node))].join('\n')
}

function entry(name, node) {
  const owner = Node.isVariableDeclaration(node) ? node.getVariableStatementOrThrow() : node
  const lines = [`### ${name}\n`, fence(signature(node)), doc(owner, name)]
  if (Node.isClassDeclaration(node)) lines.push(...classMembers(node, name))
  if (Node.isInterfaceDeclaration(node)) lines.push(...interfaceMembers(node, name))
  return lines.join('\n')
}

const fence = (code) => `\`\`\`ts api\n${code}\n\`\`\`\n`

/** A declaration without its body, docstrings and private parts. */
function signature(node) {
  if (Node.isClassDeclaration(node)) {
    const base = node.getExtends()
    return `class ${node.getName()}${base ? ` extends ${base.getText()}` : ''}`
  }
  if (Node.isInterfaceDeclaration(node)) {
    const bases = node.getExtends().map((base) => base.getText())
    return `interface ${node.getName()}${bases.length > 0 ? ` extends ${bases.join(', ')}` : ''}`
  }
  if (Node.isTypeAliasDeclaration(node)) return node.getText().replace(/^[\s\S]*?\btype /, 'type ')
  if (Node.isVariableDeclaration(node)) return `const ${node.getName()}: ${typeText(node)}`
  return `function ${callable(node)}`
}

/** name<T>(parameters): result */
function callable(node) {
  const name = Node.isConstructorDeclaration(node) ? 'constructor' : node.getName()
  const isStatic = Node.isMethodDeclaration(node) && node.isStatic() ? 'static ' : ''
  const types = Node.isConstructorDeclaration(node)
    ? ''
    : node
        .getTypeParameters()
        .map((type) => type.getText())
        .join(', ')
  const parameters = node.getParameters().map((parameter) => {
    const rest = parameter.isRestParameter() ? '...' : ''
    const optional = parameter.isOptional() && !rest ? '?' : ''
    const pattern = parameter.getName().startsWith('{') ? 'options' : parameter.getName()
    return `${rest}${pattern}${optional}: ${typeText(parameter)}`
  })
  const result = Node.isConstructorDeclaration(node) ? '' : `: ${resultText(node)}`
  return `${isStatic}${name}${types && `<${types}>`}(${parameters.join(', ')})${result}`
}

const clean = (text) => text.replaceAll(/import\("[^"]*"\)\./g, '').replaceAll(/\s+/g, ' ')
const typeText = (node) =>
  clean(
    node.getTypeNode()?.getText() ??
      node
        .getType()
        .getText(node)
        .replace(/ \| undefined$/, ''),
  )
const resultText = (node) =>
  clean(node.getReturnTypeNode()?.getText() ?? node.getReturnType().getText(node))

/** The public members of a class, those of its base classes included unless these are exported. */
function classMembers(node, name) {
  const lines = []
  const seen = new Set()
  for (let one = node; one; one = one.getBaseClass()) {
    for (const member of one.getMembers()) {
      const key = Node.isConstructorDeclaration(member) ? 'constructor' : member.getName?.()
      const hidden =
        member.getScope?.() !== Scope.Public || Node.isClassStaticBlockDeclaration(member)
      if (hidden || key === undefined || seen.has(key) || Node.isSetAccessorDeclaration(member))
        continue
      seen.add(key)
      // A class's name, which minifying does not change, needs no explanation.
      if (key === 'name' && member.isStatic()) continue
      if (key === 'constructor' && (one !== node || member.getParameters().length === 0)) continue
      lines.push(item(memberText(member), member, `${name}.${key}`))
    }
  }
  return lines
}

function memberText(member) {
  if (Node.isMethodDeclaration(member) || Node.isConstructorDeclaration(member))
    return callable(member)
  if (Node.isGetAccessorDeclaration(member))
    return `readonly ${member.getName()}: ${resultText(member)}`
  const prefix = member.isReadonly?.() ? 'readonly ' : ''
  const optional = member.hasQuestionToken?.() ? '?' : ''
  return `${prefix}${member.getName()}${optional}: ${typeText(member)}`
}

function interfaceMembers(node, name) {
  return node.getMembers().map((member) => {
    const isCall = Node.isMethodSignature(member)
    const text = isCall ? callable(member) : memberText(member)
    return item(text, member, `${name}.${member.getName?.() ?? 'call'}`)
  })
}

/** A list item: the signature and the docstring. */
function item(code, node, name) {
  const text = doc(node, name).trim().replaceAll('\n', '\n  ')
  return `- \`${code}\`${text && `\n\n  ${text}`}\n`
}

/** A docstring as Markdown: its text, then parameters, result and errors. */
function doc(node, name) {
  const docs = node.getJsDocs?.() ?? []
  if (docs.length === 0) {
    const isError = name.endsWith('Error.constructor')
    if (!isError) undocumented.push(name)
    return ''
  }
  const last = docs.at(-1)
  const lines = [escape(last.getDescription().trim()), '']
  for (const tag of last.getTags()) {
    const text = escape((tag.getCommentText() ?? '').trim().replaceAll(/\s*\n\s*/g, ' '))
    const kind = tag.getTagName()
    if (kind === 'param') lines.push(`- \`${tag.getName()}\`: ${text}`)
    else if (kind === 'returns') lines.push(`- Returns ${text}`)
    else if (kind === 'throws') lines.push(`- Throws ${errors(tag)}`)
    else lines.push(`- ${kind}: ${text}`)
  }
  return `${lines.join('\n')}\n`
}

/** The classes in braces as code, then the condition. */
const errors = (tag) =>
  tag
    .getText()
    .replace(/^@throws\s*/, '')
    .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
    .replaceAll(/\{(\w+)\}/g, '`$1`')
    .replaceAll(/` `/g, '`, `')
    .replace(/[\s*/]+$/, '')

/** Markdown would read formulas such as a * b as emphasis, and <T> as HTML. */
const escape = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/([*<])/g, '\\$1')))
    .join('')

const pages = [
  section('microgpt-wasm', 'src/index.ts'),
  section('microgpt-wasm/names', 'src/data/names.ts'),
  section('microgpt-wasm/reference', 'src/reference/index.ts'),
]
const markdown = await prettier.format([INTRO, ...pages].join('\n'), {
  ...(await prettier.resolveConfig(FILE)),
  parser: 'markdown',
})

for (const name of undocumented) process.stderr.write(`${name} has no docstring\n`)
if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(FILE, 'utf8') === markdown
  if (!isCurrent) process.stderr.write('docs/api.md is not current; run npm run docs:api\n')
  if (!isCurrent || undocumented.length > 0) process.exitCode = 1
} else {
  writeFileSync(FILE, markdown)
}
