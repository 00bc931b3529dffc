import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc/node';
import { parseBounded } from './bounded-json.ts';
import { BrokenProtocolError } from './frames.ts';
import { Streams, type StreamsOptions } from './streams.ts';

/** The protocol's messages (JSON) and the streams beside them, over one pair of pipes. */
export interface Channel {
  readonly streams: Streams;
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
}

/**
 * Speaks over a pair of pipes; see Streams for the options. Messages are read once the reader is listened to.
 */
export function openChannel(
  input: Readable,
  output: Writable,
  { onEnd, ...options }: Omit<StreamsOptions, 'onMessage'>,
): Channel {
  const reader = new MessageReader();
  const streams = new Streams(input, output, {
    ...options,
    onMessage: (message) => reader.take(message),
    onEnd: (error) => {
      onEnd(error);
      reader.close();
    },
  });
  return { streams, reader, writer: new MessageWriter(streams) };
}

class MessageReader extends AbstractMessageReader {
  #callback: DataCallback = () => undefined;

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => undefined };
  }

  /** Throws BrokenProtocolError for what is no message. */
  take(bytes: Buffer): void {
    this.#callback(parse(bytes));
  }

  close(): void {
    this.fireClose();
  }
}

class MessageWriter extends AbstractMessageWriter {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    super();
    this.#streams = streams;
  }

  async write(message: Message): Promise<void> {
    this.#streams.send(Buffer.from(JSON.stringify(message)));
  }

  end(): void {}
}

function parse(bytes: Buffer): Message {
  const parsed = parseBounded(bytes);
  if (typeof parsed !== 'object' || parsed === null) throw new BrokenProtocolError('a message is no object');
  return parsed as Message;
}
