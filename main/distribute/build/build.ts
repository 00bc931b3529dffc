import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { count, duration, size } from '../../report/words.ts';
import type { Manifest } from '../project/manifest.ts';
import { type HookPlace, runHook } from '../seats/hooks.ts';
import { type BuildPlan, buildKey, isSame } from './build-plan.ts';
import type { BuiltHere } from './built-here.ts';
import { outputsIn } from './outputs.ts';

/** What a build needs besides its plan. */
export interface BuildOptions {
  /** The project's folder on this host. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly here: BuiltHere;
  readonly signal: AbortSignal;
  /** A sentence for the person. */
  readonly note: (message: string, node?: number) => void;
  /** Told once when the build itself fails. */
  readonly failed: (error: ShakedownError) => void;
}

/** Where a build is done: a node, or this host. */
export type BuildPlace = Omit<HookPlace, 'runner'>;

/**
 * The build of a distribution, done once: on this host before anything is sent, or on the first node that is
 * ready, from where its outputs come here and go to the others. The same as before is not done again.
 */
export class Build {
  readonly plan: BuildPlan;
  readonly #options: BuildOptions;
  #key: string | undefined;
  #made: Manifest | undefined;
  #building: Promise<void> | undefined;

  constructor(plan: BuildPlan, options: BuildOptions) {
    this.plan = plan;
    this.#options = options;
  }

  /** What it made, to be sent with the project; undefined as long as it has not. */
  get made(): Manifest | undefined {
    return this.#made;
  }

  /** Takes what an earlier run has built of the same files, where that is there. */
  async takeKnown(project: Manifest): Promise<boolean> {
    const { here, env, directory } = this.#options;
    this.#key = buildKey(this.plan, env, project);
    const { on } = this.plan;
    const known = on === 'main' ? here.leftBy(this.#key) : undefined;
    if (on === 'main' ? !known : !existsSync(here.folderOf(this.#key))) return false;
    const found = await this.#outputsIn(on === 'main' ? directory : here.folderOf(this.#key)).catch(
      () => undefined,
    );
    // Something else may have changed or deleted them since.
    if (!found || (known && !isSame(known, found.files))) return false;
    this.#made = found;
    this.#options.note('what the build is made of is as it was: it is not run');
    return true;
  }

  /** Builds in the project's own folder. Throws ShakedownError. */
  async onMain(place: BuildPlace): Promise<void> {
    const { directory, here, note } = this.#options;
    const begin = performance.now();
    try {
      await runHook('build', this.plan.run, place);
      this.#made = await this.#outputsIn(directory);
    } catch (error) {
      throw this.#fail(error);
    }
    here.remember({ key: this.#key ?? '', files: this.#made.files });
    note(`built in ${duration(performance.now() - begin)}: ${this.#inWords()}`);
  }

  /**
   * Builds on this node, unless another one does or has: then it waits for that. Where that one is lost, this
   * one builds. Throws ShakedownError for a build that fails.
   */
  async onNode(node: number, place: BuildPlace): Promise<void> {
    for (;;) {
      const own = !this.#building;
      const building = this.#building ?? this.#buildAt(node, place);
      this.#building = building;
      try {
        return await building;
      } catch (error) {
        if (error instanceof BuildFailedError) throw error;
        if (this.#building === building) this.#building = undefined;
        if (own || place.signal.aborted) throw error;
      }
    }
  }

  async #buildAt(node: number, place: BuildPlace): Promise<void> {
    const { here, note } = this.#options;
    const { agent, project, signal } = place;
    const key = this.#key ?? '';
    const begin = performance.now();
    try {
      await runHook('build', this.plan.run, place);
    } catch (error) {
      if (agent.ended.aborted || signal.aborted) throw error;
      throw this.#fail(error);
    }
    const took = performance.now() - begin;
    const folder = here.newFolder(key);
    const paths = this.plan.outputs.map((output) => posix.join(project, output));
    const { problems } = await agent.download(paths, folder, { base: project, signal });
    try {
      await this.#outputsIn(folder);
      if (problems.length > 0)
        throw new ShakedownError({
          message: `what the build made cannot be brought: ${problems.join('; ')}`,
        });
    } catch (error) {
      throw this.#fail(error);
    }
    here.keep(key, folder);
    this.#made = await this.#outputsIn(here.folderOf(key));
    const brought = duration(performance.now() - begin - took);
    note(`built in ${duration(took)}: ${this.#inWords()}, brought here in ${brought}`, node);
  }

  #fail(error: unknown): BuildFailedError {
    const failed = new BuildFailedError(error);
    this.#options.failed(failed);
    return failed;
  }

  #outputsIn(directory: string): Promise<Manifest> {
    const { here, signal } = this.#options;
    return outputsIn(directory, this.plan.outputs, here.digests, signal);
  }

  #inWords(): string {
    const { files = [], sizes = [] } = this.#made ?? {};
    return `${count(files.length, 'file')}, ${size(sizes.reduce((sum, bytes) => sum + bytes, 0))}`;
  }
}

/** The build itself fails, wherever it is done: there is nothing to test. */
class BuildFailedError extends ShakedownError {
  constructor(cause: unknown) {
    super(asShakedownError(cause).details, { cause });
  }
}
