import type { RunContext } from '../../context.ts';
import type { BaseImage } from './base-image.ts';
import type { Boot, Hardware } from './machine-plan.ts';

/** A machine that was saved while it ran. */
export interface Template {
  readonly disk: string;
  readonly memory: string;
}

export interface TemplatePlan {
  readonly hardware: Hardware;
  readonly boot: Boot;
  readonly disk: string;
  readonly image: BaseImage;
}

export async function ensureTemplate(_plan: TemplatePlan, _ctx: RunContext): Promise<Template | undefined> {
  return undefined;
}
