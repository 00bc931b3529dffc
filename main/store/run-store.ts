/**
 * One run's directory. All paths are absolute. Writes are made so that a kill
 * at any moment leaves readable files.
 */
export interface RunStore {
  readonly id: string;
  readonly directory: string;
  /** `nodes/<n>/`; made when first asked for. */
  nodeDirectory(node: number): string;
  /**
   * Appends a stamped line to `tester.log`, and to `nodes/<n>/tester.log` with a node; it may be there a
   * moment later. Never throws.
   */
  log(message: string, node?: number): void;
}
