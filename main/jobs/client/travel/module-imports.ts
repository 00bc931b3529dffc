import module from 'node:module';
import { type AnyNode, type NewExpression, parse } from 'acorn';
import { UsageError } from '../../../../common/errors.ts';
import { withoutWarning } from '../../../../common/strip-types.ts';

/** What a module needs of other files, as it writes them; what is told by an expression is seen by nobody. */
export interface ModuleNeeds {
  /** At run time: `import`, `export … from`, `import('…')`, `require('…')`. */
  readonly imports: readonly string[];
  /** `new URL('…', import.meta.url)`: relative to the module. */
  readonly urls: readonly string[];
}

/**
 * Reads a module's source, TypeScript where `file`, its name, says so. Throws UsageError for what is none.
 */
export function moduleImports(source: string, file: string): ModuleNeeds {
  const imports = new Set<string>();
  const urls = new Set<string>();
  visit(parsed(source, file), (node) => {
    const name = importedBy(node);
    const url = node.type === 'NewExpression' ? urlBy(node) : undefined;
    if (name !== undefined) imports.add(name);
    if (url !== undefined && !/^[a-z]+:/.test(url)) urls.add(url);
  });
  return { imports: [...imports], urls: [...urls] };
}

function importedBy(node: AnyNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return textOf(node.source);
    case 'ImportExpression':
      return textOf(node.source);
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require'
        ? textOf(node.arguments[0])
        : undefined;
    default:
      return undefined;
  }
}

function urlBy({ callee, arguments: [path, base] }: NewExpression): string | undefined {
  const isHere = base?.type === 'MemberExpression' && base.object.type === 'MetaProperty';
  return callee.type === 'Identifier' && callee.name === 'URL' && isHere ? textOf(path) : undefined;
}

const textOf = (node: AnyNode | null | undefined): string | undefined =>
  node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;

function visit(node: AnyNode, look: (node: AnyNode) => void): void {
  look(node);
  for (const part of Object.values(node).flat()) {
    if (typeof part?.type === 'string') visit(part as AnyNode, look);
  }
}

function parsed(source: string, file: string): AnyNode {
  try {
    // Not only stripped: check files may have enums, which Vitest understands.
    const plain = /\.[cm]?ts$/.test(file)
      ? withoutWarning(() => module.stripTypeScriptTypes(source, { mode: 'transform' }))
      : source;
    return parse(plain, {
      ...({ ecmaVersion: 'latest', sourceType: 'module' } as const),
      ...{ allowReturnOutsideFunction: true, allowHashBang: true, allowSuperOutsideMethod: true },
    });
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`${file} is not understood: ${message.split('\n').at(-1)?.trim() || message}`);
  }
}
