import { z } from 'zod';
import type { InstalledPackage } from '../../common/results.ts';
import { layerFormat, layerInputs } from './inputs.ts';

const layerRecord = z.object({
  inputs: layerInputs,
  /** ms since the epoch. */
  madeAt: z.number(),
  /** ms that the installation took. */
  tookMs: z.number(),
  installed: z.array(
    z.object({ name: z.string(), version: z.string(), previous: z.string().exactOptional() }),
  ) satisfies z.ZodType<InstalledPackage[]>,
  /** Units that wait for phase `start`. */
  heldBack: z.array(z.string()),
  /** Paths of files that each node makes for itself. */
  renewed: z.array(z.string()),
});

/** What is known about a layer. */
export type LayerRecord = z.infer<typeof layerRecord>;

/** On one line. */
export const writeRecord = (record: LayerRecord): string => JSON.stringify(layerRecord.parse(record));

/** What was written with a layer; undefined for one of another version of shakedown, and for what is none. */
export function readRecord(text: string | undefined): LayerRecord | undefined {
  try {
    const record = layerRecord.parse(JSON.parse(text ?? ''));
    return record.inputs.format === layerFormat ? record : undefined;
  } catch {
    return undefined;
  }
}
