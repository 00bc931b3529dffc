import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Remote, RemoteProcess } from '../../../main/remotes/remote.ts';

/** The agent of a seed, as a process at the other end of a connection. */
export function lyingProcess(socketPath: string, seed: number): RemoteProcess {
  const socket = connect(socketPath);
  const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    socket.once('close', () => resolve({ exitCode: 1, signal: null }));
  });
  socket.on('error', () => undefined);
  socket.write(`${seed}\n`);
  const stderr = new PassThrough();
  return {
    stdin: socket,
    stdout: socket,
    stderr,
    ended,
    kill: () => void socket.destroy(),
    resize: () => {},
  };
}

export function remoteOf(): Remote {
  const unused = () => Promise.reject(new Error('not in this fake'));
  return {
    ...{ address: '10.0.0.1', user: 'root', lost: new AbortController().signal },
    ...{ exec: unused, spawn: unused, upload: unused, uploadFile: unused },
    ...{
      download: unused,
      downloadFile: unused,
      forward: unused,
      connect: unused,
      [Symbol.asyncDispose]: async () => undefined,
    },
  };
}
