/** What npm's words mean for a person, and what to do; `folder` is the project's. */
export function whyNpmFailed(output: string, folder: string): string;
/** Why packages are not there though npm ended well; `missing` are their paths in `folder`, the project's. */
export function whyLeftOut(missing: readonly string[], folder: string): string;
/** What apt's words mean for a person, and what to do. */
export function whyAptFailed(output: string, packages: readonly string[]): string;
/** What an error of the file system means for a person; undefined of another. `folder` is the project's. */
export function whyNotWritten(error: NodeJS.ErrnoException, folder: string): string | undefined;
