// A client of the accounts service as one would write it for FastAPI's document. `./api` is generated, from FastAPI's or
// from Postern's: this file must compile with either.
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, operations, paths } from './api.js';

export type User = components['schemas']['UserResponse'];
export type NewAccount = components['schemas']['UserCreate'];
export type LogIn = operations['login_for_access_token_token_post']['requestBody']['content']['application/x-www-form-urlencoded'];
type Fault = components['schemas']['ValidationError'];

export class Refused extends Error {
  constructor(readonly status: number, readonly faults: Fault[], message: string) {
    super(message);
  }
}

// `detail` is a sentence or a list of faults: FastAPI's document promises the list alone, its answers do not.
function refused(response: Response, error: { detail?: unknown } | undefined): Refused {
  const detail = error?.detail;
  const faults = Array.isArray(detail) ? (detail as Fault[]) : [];
  return new Refused(response.status, faults, typeof detail === 'string' ? detail : faults.map((f) => f.msg).join(', '));
}

export class Accounts {
  private readonly api: Client<paths>;
  private token = '';

  constructor(baseUrl: string) {
    this.api = createClient<paths>({ baseUrl });
    const bearer: Middleware = {
      onRequest: ({ request }) => {
        if (this.token) request.headers.set('Authorization', `Bearer ${this.token}`);
        return request;
      },
    };
    this.api.use(bearer);
  }

  async register(account: NewAccount): Promise<User> {
    const { data, error, response } = await this.api.POST('/register', { body: account });
    if (!data) throw refused(response, error);
    return data;
  }

  /** Gives how many seconds the log-in lasts. */
  async logIn(username: string, password: string): Promise<number> {
    const body: LogIn = { grant_type: 'password', username, password, scope: '' };
    const { data, error, response } = await this.api.POST('/token', {
      body,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    if (!data) throw refused(response, error);
    this.token = data.access_token;
    return data.expires_in;
  }

  async me(): Promise<User> {
    const { data, error, response } = await this.api.GET('/users/me');
    if (!data) throw refused(response, error);
    return data;
  }

  async act(user_id: number, action: string): Promise<components['schemas']['ActionResponse']> {
    const { data, error, response } = await this.api.POST('/json', { body: { user_id, action } });
    if (!data) throw refused(response, error);
    return data;
  }
}
