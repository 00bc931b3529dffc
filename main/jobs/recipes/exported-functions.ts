import { type ExportNamedDeclaration, type Expression, type Program, parse } from 'acorn';
import { UsageError } from '../../../common/errors.ts';
import { stripTypes } from '../../../common/strip-types.ts';

/** What can be no function, whatever it holds. */
const noFunctions: readonly Expression['type'][] = [
  'Literal',
  'TemplateLiteral',
  'ObjectExpression',
  'ArrayExpression',
  'ClassExpression',
];

/**
 * The names under which a TypeScript module exports functions, without running it: what is declared as one,
 * and what could be one (`export const test = limited(…)`). `export * from` and re-exports count for nothing.
 * Throws UsageError with the place of a syntax error.
 */
export function exportedFunctions(source: string, file: string): readonly string[] {
  const program = parsed(source, file);
  const own = new Set(program.body.flatMap((statement) => functionsIn(statement)));
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) return [];
    if (statement.declaration) return functionsIn(statement.declaration);
    return statement.specifiers.flatMap(({ local, exported }) =>
      local.type === 'Identifier' && own.has(local.name) && exported.type === 'Identifier'
        ? [exported.name]
        : [],
    );
  });
}

function functionsIn(
  statement: Program['body'][number] | NonNullable<ExportNamedDeclaration['declaration']>,
): readonly string[] {
  if (statement.type === 'FunctionDeclaration') return statement.id ? [statement.id.name] : [];
  if (statement.type !== 'VariableDeclaration') return [];
  return statement.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init && !noFunctions.includes(init.type) ? [id.name] : [],
  );
}

function parsed(source: string, file: string): Program {
  try {
    return parse(stripTypes(source, file), { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  } catch (error) {
    const { message, place } = told(error as SyntaxError & { loc?: { line: number; column: number } });
    throw new UsageError(`${file}${place}: ${message}`);
  }
}

/** Node shows the line with carets below it, acorn says where in its message and in fields. */
function told({ message, stack = '', loc }: SyntaxError & { loc?: { line: number; column: number } }) {
  if (loc) return { message: message.replace(/ \(\d+:\d+\)$/, ''), place: `:${loc.line}:${loc.column + 1}` };
  const [, line, carets = ''] = /^[^\n]*:(\d+)\n(?:[^\n]*\n)*?( *)\^/.exec(stack) ?? [];
  return { message, place: line === undefined ? '' : `:${line}:${carets.length + 1}` };
}
