// What a typed client is for: each of these must be refused, with either document.
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const api = createClient<paths>({ baseUrl: '' });
declare const user: components['schemas']['UserResponse'];

// @ts-expect-error: there is no such path
void api.GET('/user/me');
// @ts-expect-error: it is a GET
void api.POST('/users/me');
// @ts-expect-error: a password is missing
void api.POST('/register', { body: { email: 'ann@example.com' } });
// @ts-expect-error: a password is a text
void api.POST('/register', { body: { email: 'ann@example.com', password: 12345678 } });
// @ts-expect-error: there is no such member
export const account: components['schemas']['UserCreate'] = { email: 'ann@example.com', password: 'correct horse', admin: true };
// @ts-expect-error: a body is needed
void api.POST('/json', {});
// @ts-expect-error: an id is a number
void api.POST('/json', { body: { user_id: 'one', action: 'a' } });
// @ts-expect-error: a user's hash is nobody's business
void user.hashed_password;
// @ts-expect-error: an instant is a text
void user.created_at.getTime();
