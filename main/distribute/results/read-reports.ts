import type { ReportedCase } from './reported-case.ts';

/** The cases of a report; rejects with ShakedownError for what is none of its kind. */
type ReadReport = (text: string) => Promise<readonly ReportedCase[]>;

// Parsers take long to be loaded, and warm runners leave no reports.
const junit = () => import('./read-junit.ts');

export const readJunit: ReadReport = async (text) => (await junit()).readJunit(text);

export const readNestedJunit: ReadReport = async (text) => (await junit()).readNestedJunit(text);

export const readProve: ReadReport = async (text) => (await import('./read-prove.ts')).readProve(text);
