import ts from 'typescript'

/** What one source text asks for by name; `undefined` stands for a dynamic import whose name is computed, which nothing can follow. */
export type Specifier = string | undefined

const CODE = /\.(?:[cm]?[jt]s|vue)$/

/**
 * Every module that a `.ts`, `.mts` or `.vue` text names: `import`, `export … from`, `import()`, `typeof import()`, `require()`,
 * `import.meta.resolve()`, and `new URL('./x.ts', import.meta.url)` when it points at code (a worker).
 */
export function importsOf(file: string, text: string): Specifier[] {
  const found: Specifier[] = []
  visit(parse(file, text), (node) => {
    if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier))
      found.push(literal(node.moduleSpecifier))
    else if (ts.isImportTypeNode(node))
      found.push(ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined)
    else if (ts.isCallExpression(node) && asksForModule(node)) found.push(literal(node.arguments[0]))
    else if (ts.isNewExpression(node) && isUrlBesideThis(node)) {
      const path = literal(node.arguments?.[0])
      if (path !== undefined && CODE.test(path)) found.push(path)
    }
  })
  return found
}

/** Tests of a test file that would not run, or would keep others from running: `test.skip`, `describe.only`, `it.todo`, … */
export function heldTestsOf(file: string, text: string): string[] {
  const found: string[] = []
  const tree = parse(file, text)
  visit(tree, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !['only', 'skip', 'todo'].includes(node.name.text)) return
    const name = node.getText(tree)
    if (/^(?:test|it|describe|suite)\b/.test(name)) found.push(name)
  })
  return found
}

function parse(file: string, text: string): ts.SourceFile {
  const code = file.endsWith('.vue')
    ? [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n')
    : text
  return ts.createSourceFile(file, code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS)
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node)
  ts.forEachChild(node, (child) => visit(child, look))
}

function literal(node: ts.Node | undefined): Specifier {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined
}

function asksForModule(call: ts.CallExpression): boolean {
  const callee = call.expression
  return callee.kind === ts.SyntaxKind.ImportKeyword || ['require', 'import.meta.resolve'].includes(callee.getText())
}

function isUrlBesideThis(made: ts.NewExpression): boolean {
  return made.expression.getText() === 'URL' && made.arguments?.[1]?.getText() === 'import.meta.url'
}
