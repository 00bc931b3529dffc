import { templateSuffix } from './read-tree.ts';
import { compileTemplate, type Template } from './template.ts';
import type { Mistake } from './template-position.ts';
import type { RenderScope, SourceEntry } from './tree.ts';

/** A name on the node, `''` for what is left out there, or the mistakes in it. */
export type RenderedName =
  | { readonly name: string; readonly mistakes?: never }
  | { readonly mistakes: readonly Mistake[] };

/** Renders the last part of an entry's path, as often as needed. */
export function nameTemplate(entry: SourceEntry): (scope: RenderScope) => RenderedName {
  const written = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const template: Template = written.includes('<{') ? compileTemplate(written) : () => ({ text: written });
  return (scope) => {
    const result = template(scope);
    if (result.mistakes) {
      return {
        mistakes: result.mistakes.map(({ message, ...rest }) => ({
          ...rest,
          message: `in the name: ${message}`,
        })),
      };
    }
    const name = losesSuffix(entry) ? result.text.slice(0, -templateSuffix.length) : result.text;
    const wrong = refusal(name);
    return wrong === undefined ? { name } : { mistakes: [{ message: wrong }] };
  };
}

/** A link to a template points to what it renders to, and both names lose the suffix. */
const losesSuffix = (entry: SourceEntry): boolean =>
  entry.path.endsWith(templateSuffix) &&
  (entry.type === 'template' || (entry.type === 'link' && entry.target.endsWith(templateSuffix)));

function refusal(name: string): string | undefined {
  const shown = JSON.stringify(name);
  if (name === '.' || name === '..') return `the name renders to ${shown}, which leads outside its folder`;
  if (name.includes('/')) return `the name renders to ${shown}; a name holds no '/'`;
  if (name.includes('\0')) return `the name renders to ${shown}; a name holds no zero byte`;
  if (Buffer.byteLength(name) > 255)
    return `the name renders to ${Buffer.byteLength(name)} bytes; at most 255 are possible`;
  return undefined;
}
