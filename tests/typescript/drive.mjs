// A compiled client asks a running service: node drive.mjs CLIENT.js URL. Closes with nothing; throws when anything is wrong.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const [client, url] = process.argv.slice(2);
const { Accounts, Refused } = await import(pathToFileURL(client));
const accounts = new Accounts(url);
const email = `typed-${process.pid}-${Date.now()}@example.com`;
const password = 'correct horse & battery = 100 %';

const refusedWith = (status, message) => (error) => error instanceof Refused && error.status === status && error.message === message;

await assert.rejects(accounts.me(), refusedWith(401, 'Not authenticated'));
await assert.rejects(accounts.register({ email, password: 'short' }), (error) => error.status === 422 && error.faults[0].type === 'string_too_short');
const user = await accounts.register({ email, password });
assert.equal(user.email, email);
await assert.rejects(accounts.register({ email, password }), refusedWith(400, 'Email already registered'));
await assert.rejects(accounts.logIn(email, 'wrong horse'), refusedWith(401, 'Incorrect email or password'));
assert.equal(await accounts.logIn(email, password), 1800);
assert.deepEqual(await accounts.me(), user);
assert.deepEqual(await accounts.act(user.id, 'typed'), { user_id: user.id, action: 'typed', status: 'ok' });
