import { join } from 'node:path';
import { jsonPieces } from '../../common/text/json-pieces.ts';
import { resultOf } from '../record/run-result.ts';
import { writeWhole } from '../store/run-folders.ts';
import type { Reporter } from './reporter.ts';

/** `run.json`: all that the run came to, as data; whole at any moment. */
export const jsonReport: Reporter = {
  name: 'json',
  file: 'run.json',
  report: (record, directory) => writeWhole(join(directory, 'run.json'), jsonPieces(resultOf(record))),
};
