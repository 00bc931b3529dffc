import type { Plugin } from 'rolldown';
import type { ESTree } from 'rolldown/utils';

/**
 * Has chunks take Node's own modules by `process.getBuiltinModule` in place of `import`. Of a module that is
 * imported Node reads every export at once, those that are made when they are first asked for, too:
 * `node:http` brings all of `fetch` and WebSocket by that, a hundred modules that nobody asked for.
 */
export const builtinModules: Plugin = {
  name: 'builtin-modules',
  renderChunk(code) {
    const { body } = this.parse(code);
    const imports = body.flatMap((each) => (each.type === 'ImportDeclaration' ? [each] : []));
    const builtin = imports.filter(
      ({ source, specifiers }) => source.value.startsWith('node:') && specifiers.length > 0,
    );
    // From behind, so that what comes before keeps its place.
    return builtin.toReversed().reduce((text, { start, end, source, specifiers }) => {
      const taken = `globalThis.process.getBuiltinModule(${JSON.stringify(source.value)})`;
      const whole = specifiers.flatMap((each) => (isNamed(each) ? [] : [each.local.name]));
      const named = specifiers.flatMap((each) =>
        isNamed(each) ? [`${asked(each)}: ${each.local.name}`] : [],
      );
      const bindings = [...whole, ...(named.length > 0 ? [`{ ${named.join(', ')} }`] : [])];
      const all = bindings.map((binding) => `${binding} = ${taken}`).join(', ');
      return `${text.slice(0, start)}const ${all};${text.slice(end)}`;
    }, code);
  },
};

type Specifier = ESTree.ImportDeclaration['specifiers'][number];

/** What is imported as a whole is the module itself: CommonJS, as all of Node's own are. */
const isNamed = (each: Specifier): each is ESTree.ImportSpecifier =>
  each.type === 'ImportSpecifier' && asked(each) !== 'default';

const asked = ({ imported }: ESTree.ImportSpecifier): string =>
  imported.type === 'Identifier' ? imported.name : imported.value;
