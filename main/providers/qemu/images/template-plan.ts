import type { Boot, Hardware } from '../machines/machine-plan.ts';

/** What a template is made of. */
export interface TemplatePlan {
  readonly os: string;
  readonly hardware: Hardware;
  readonly boot: Boot;
  /** The disk image to lie over. */
  readonly disk: string;
  /** Bytes of the second disk, which each clone brings itself. */
  readonly sharesSize: number;
}
