/** A person with a browser that has cookies and no scripts. */
export class Visitor {
  readonly #url: string;
  #cookie = '';

  constructor(url: string) {
    this.#url = url;
  }

  get cookie(): string {
    return this.#cookie;
  }

  async get(path: string, headers: Record<string, string> = {}) {
    return this.#ask(path, { headers });
  }

  /** Sends the form of a page, with that page's secret. */
  async send(path: string, fields: Record<string, string>, page = path) {
    const { text } = await this.get(page);
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
    return this.post(path, { csrf, ...fields });
  }

  async post(path: string, fields: Record<string, string>) {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Sends a form with a file, whose secret comes first. */
  async upload(path: string, fields: Record<string, string>, file: { name: string; bytes: string | Buffer }) {
    const { text } = await this.get(path);
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
    const form = new FormData();
    for (const [name, value] of Object.entries({ csrf, ...fields })) form.set(name, value);
    form.set('file', new Blob([file.bytes as string]), file.name);
    return this.#ask(path, { method: 'POST', body: form });
  }

  async logIn(fields: { name: string; password: string } | { token: string }) {
    return this.send('/login', fields);
  }

  async #ask(path: string, init: RequestInit) {
    const answer = await fetch(this.#url + path, {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie: this.#cookie },
    });
    for (const cookie of answer.headers.getSetCookie()) this.#cookie = cookie.split(';')[0] ?? '';
    const { status, headers } = answer;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status, headers, bytes, text: bytes.toString(), to: headers.get('location') };
  }
}

/** A visitor who is logged in by a token. */
export async function visitorWith(url: string, token: string): Promise<Visitor> {
  const visitor = new Visitor(url);
  const { status, text } = await visitor.logIn({ token });
  if (status !== 303) throw new Error(text);
  return visitor;
}
