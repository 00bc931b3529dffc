import type { Streams } from '../../common/streams/streams.ts';
import type { Methods } from '../serve.ts';
import { sendPaths } from './pack-paths.ts';
import { sendFile } from './read-file.ts';
import { unpackTree } from './unpack-tree.ts';

/** What the main host may ask for that goes over a stream: files from the node, and to it. */
export function fileMethods(streams: Streams): Pick<Methods, 'readFile' | 'pack' | 'unpack'> {
  return {
    readFile: async ({ path, maxBytes, to }) => {
      return { bytes: await sendFile(path, maxBytes, streams.write(to)) };
    },
    pack: ({ base, paths, to }, signal) => sendPaths(base, paths, streams.write(to), signal),
    unpack: async ({ directory, from }, signal) => {
      const source = streams.read(from);
      try {
        return { entries: await unpackTree(directory, source, signal) };
      } finally {
        // Where it could not be written, who sends would wait for ever to be rid of the rest.
        source.destroy();
      }
    },
  };
}
