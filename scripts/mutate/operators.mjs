/** What is put in place of what. The first entry of a list is the subtle one. */

export const BINARY = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
}

export const LOGICAL = { '&&': ['||'], '||': ['&&'] }

/** += also becomes =: a sum that overwrites. */
export const ASSIGNMENT = {
  '+=': ['=', '-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '%=': ['*='],
  '<<=': ['>>='],
  '>>=': ['<<='],
  '>>>=': ['<<='],
  '&=': ['|='],
  '|=': ['&='],
  '^=': ['&='],
  '&&=': ['='],
  '||=': ['='],
  '??=': ['='],
}

/** Unary operators that are taken away. */
export const UNARY = new Set(['!', '-', '~'])

const pairs = (...names) =>
  Object.fromEntries(
    names
      .flatMap(([a, b]) => [
        [a, b],
        [b, a],
      ])
      .map(([a, b]) => [a, [b]]),
  )

/** Methods of objects, by name: a.NAME(). */
export const METHODS = {
  src: pairs(
    ['min', 'max'],
    ['floor', 'ceil'],
    ['some', 'every'],
    ['startsWith', 'endsWith'],
    ['indexOf', 'lastIndexOf'],
    ['trimStart', 'trimEnd'],
    ['toLowerCase', 'toUpperCase'],
  ),
  /** Lanes: f64x2.add() and the like. */
  assembly: {
    ...pairs(['add', 'sub'], ['mul', 'div'], ['min', 'max'], ['eq', 'ne'], ['shl', 'shr_u']),
    ...pairs(
      ['and', 'or'],
      ['lt', 'le'],
      ['gt', 'ge'],
      ['floor', 'ceil'],
      ['any_true', 'all_true'],
    ),
    andnot: ['and'],
    xor: ['and'],
    neg: ['abs'],
    abs: ['neg'],
    sqrt: ['abs'],
  },
}

/** Functions of AssemblyScript, by name: NAME(). */
export const FUNCTIONS = pairs(['min', 'max'], ['floor', 'ceil'])
