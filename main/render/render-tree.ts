import { createHash } from 'node:crypto';
import { linkRefusal } from './links.ts';
import { templateSuffix } from './read-tree.ts';
import { nameTemplate, type RenderedName } from './rendered-name.ts';
import { compileTemplate, type Template, type TemplateResult } from './template.ts';
import { TemplateError, type TemplateMistake } from './template-mistake.ts';
import type { Mistake } from './template-position.ts';
import type { RenderedEntry, RenderedTree, RenderScope, SourceEntry, SourceTree } from './tree.ts';

/**
 * Renders the node files, for each node in turn: templates (`.tmpl`) and names; all else
 * stays as it is. Pure, but for what a template's own code does. Throws TemplateError with
 * every mistake that was found on any node.
 */
export function renderTrees(source: SourceTree, scopes: readonly RenderScope[]): readonly RenderedTree[] {
  const mistakes: TemplateMistake[] = [];
  const templates = source.entries.map((entry) => entryTemplate(entry));
  const trees = scopes.map((scope) => {
    const complain = (path: string, mistake: Mistake) =>
      mistakes.push({ file: `${source.label}/${path}`, node: scope.node_id, ...mistake });
    return renderForNode(templates, scope, complain);
  });
  if (mistakes.length > 0) throw new TemplateError(mistakes);
  return trees;
}

type Complain = (path: string, mistake: Mistake) => void;

/** An entry with its name and content ready to be rendered, as often as there are nodes. */
interface EntryTemplate {
  readonly entry: SourceEntry;
  readonly name: (scope: RenderScope) => RenderedName;
  /** A template's text, a link's target. */
  readonly content?: Template;
}

function entryTemplate(entry: SourceEntry): EntryTemplate {
  const name = nameTemplate(entry);
  if (entry.type === 'template') return { entry, name, content: textTemplate(entry.bytes) };
  if (entry.type === 'link' && entry.target.includes('<{')) {
    return { entry, name, content: compileTemplate(entry.target) };
  }
  return { entry, name };
}

function textTemplate(bytes: Buffer): Template {
  try {
    return compileTemplate(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return () => ({
      mistakes: [{ message: `a template must be UTF-8; without the ${templateSuffix} it travels as it is` }],
    });
  }
}

function renderForNode(
  templates: readonly EntryTemplate[],
  scope: RenderScope,
  complain: Complain,
): RenderedTree {
  const entries: RenderedEntry[] = [];
  /** Where each source folder goes; `undefined` for one that is left out or whose name is wrong. */
  const folders = new Map<string, string | undefined>([['', '']]);
  for (const template of templates) {
    const { entry } = template;
    const folder = folders.get(parentOf(entry.path));
    const path = folder === undefined ? undefined : renderedPath(folder, template, scope, complain);
    if (entry.type === 'directory') folders.set(entry.path, path);
    const rendered = path === undefined ? undefined : renderEntry(path, template, scope, complain);
    if (rendered) entries.push(rendered);
  }
  complainOfDoubles(entries, complain);
  complainOfLinks(entries, complain);
  return { entries };
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

function renderedPath(
  folder: string,
  { entry, name }: EntryTemplate,
  scope: RenderScope,
  complain: Complain,
): string | undefined {
  const result = name(scope);
  for (const mistake of result.mistakes ?? []) complain(entry.path, mistake);
  if (result.mistakes || result.name === '') return undefined;
  return folder === '' ? result.name : `${folder}/${result.name}`;
}

function renderEntry(
  path: string,
  { entry, content }: EntryTemplate,
  scope: RenderScope,
  complain: Complain,
): RenderedEntry | undefined {
  const base = { path, mode: entry.mode, source: entry.path };
  if (entry.type === 'directory') return { ...base, type: 'directory' };
  if (entry.type === 'file') {
    return { ...base, type: 'file', sha256: entry.sha256, size: entry.size, content: { file: entry.file } };
  }
  const written: TemplateResult = { text: entry.type === 'link' ? entry.target : '' };
  const result = content?.(scope) ?? written;
  if (result.mistakes) {
    for (const mistake of result.mistakes) complain(entry.path, mistake);
    return undefined;
  }
  if (entry.type === 'link') return { ...base, type: 'link', target: withoutSuffix(result.text) };
  const bytes = Buffer.from(result.text, 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...base, type: 'file', sha256, size: bytes.length, content: { bytes } };
}

const withoutSuffix = (target: string): string =>
  target.endsWith(templateSuffix) ? target.slice(0, -templateSuffix.length) : target;

function complainOfDoubles(entries: readonly RenderedEntry[], complain: Complain): void {
  const sources = new Map<string, string>();
  for (const { path, source } of entries) {
    const other = sources.get(path);
    if (other === undefined) sources.set(path, source);
    // What is in two folders of one name need not be told as well.
    else if (parentOf(other) === parentOf(source)) {
      complain(source, { message: `gives the same name on the node as '${other}': '${path}'` });
    }
  }
}

function complainOfLinks(entries: readonly RenderedEntry[], complain: Complain): void {
  const links = new Map(
    entries.flatMap((entry) => (entry.type === 'link' ? [[entry.path, entry.target]] : [])),
  );
  for (const { path, source, type } of entries) {
    const message = type === 'link' ? linkRefusal(path, links) : undefined;
    if (message !== undefined) complain(source, { message });
  }
}
