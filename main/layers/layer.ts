import type { Installation } from './installation.ts';
import type { LayerRecord } from './record.ts';

/** A layer that machines start from. */
export interface Layer {
  readonly key: string;
  readonly record: LayerRecord;
  /** What it was looked up for. */
  readonly installation: Installation;
}

/** Whether a node's installation is the one that the layer has. */
export const isLayerOf = ({ installation }: Layer, wanted: Installation): boolean =>
  JSON.stringify(installation) === JSON.stringify(wanted);
