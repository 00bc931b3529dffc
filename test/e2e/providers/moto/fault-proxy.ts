import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request of the EC2 Query API: its parameters, `Action` among them. */
export type Call = URLSearchParams;

/** What happens to a request instead of, or besides, being passed on. */
export type Fault =
  /** An error as EC2 words it (EC2 API Reference, "Error responses"). */
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  /** It is carried out, and the answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** Nothing is answered; it is carried out only if `after` says so. */
  | { readonly kind: 'hang'; readonly after?: true }
  /**
   * An empty page comes before the answer, as EC2 does it where a filter leaves much out (its "Pagination").
   */
  | { readonly kind: 'empty-page' }
  /** It is carried out, then `act` runs, then it is answered, with the text that `act` gives, if any. */
  | { readonly kind: 'then'; readonly act: (answer: string) => Promise<unknown> };

/** The fault for a request, if any; `count` counts the requests with its action, from 1. */
export type Rule = (call: Call, count: number) => Fault | undefined;

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** All requests so far, in order. */
  readonly calls: readonly Call[];
  /** Replaces the rule, and forgets the requests. */
  rule(rule?: Rule): void;
}

/** Stands before an EC2 endpoint and does to requests what rules say. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let rule: Rule = () => undefined;
  let calls: Call[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const call = new URLSearchParams(body);
    calls.push(call);
    const action = call.get('Action');
    const fault = rule(call, calls.filter((other) => other.get('Action') === action).length);
    if (fault?.kind === 'hang' && !fault.after) return;
    if (fault?.kind === 'empty-page' && !call.has('NextToken')) return answerNothing(response, `${action}`);
    if (fault?.kind === 'error') return answerError(response, fault);
    const { authorization = '', 'content-type': type = '' } = request.headers;
    const headers = { authorization, 'content-type': type };
    if (fault?.kind === 'empty-page') call.delete('NextToken');
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', body: `${call}`, headers });
    const xml = await answer.text();
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'lose-answer') return void response.destroy();
    const said = fault?.kind === 'then' ? await fault.act(xml) : undefined;
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' });
    response.end(typeof said === 'string' ? said : xml);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    get calls() {
      return calls;
    },
    rule: (next = () => undefined) => {
      rule = next;
      calls = [];
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function answerNothing(response: ServerResponse, action: string): void {
  response.writeHead(200, { 'content-type': 'text/xml;charset=UTF-8' });
  response.end(`<${action}Response><nextToken>more</nextToken></${action}Response>`);
}

function answerError(response: ServerResponse, { status, code }: { status: number; code: string }): void {
  response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>as the test wants it</Message></Error></Errors><RequestID>0</RequestID></Response>`,
  );
}
