// Drives /docs in Chromium as a person would: registers, logs in, asks who it is, by mouse and by keyboard.
// It asserts what the page promises (no other origin, no policy violation, nothing kept) and takes pictures.
// It starts no server:   node page.mjs BASE_URL SCREENSHOT_DIRECTORY
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const [base, shots] = process.argv.slice(2);
if (!base || !shots) {
  console.error('usage: node page.mjs BASE_URL SCREENSHOT_DIRECTORY');
  process.exit(2);
}
const site = base.replace(/\/$/, '');
const origin = new URL(site).origin;
const email = `page-${Date.now()}-${process.pid}@example.com`;
const password = `it's "quoted" $HOME`;
const faults = []; // console errors, policy violations, foreign requests
let expected = /^$/; // a console error that the step under way is meant to cause
let passed = 0;
let failed = 0;

function check(truth, what, detail = '') {
  if (truth) passed++;
  else {
    failed++;
    console.log(`FAILED: ${what} ${detail}`);
  }
}

async function step(name, run) {
  try {
    await run();
  } catch (error) {
    check(false, name, error.message.split('\n')[0]);
  }
}

// Runs the shown line in a real shell where `curl` only prints its arguments.
function shellWords(line) {
  const script = `curl() { printf '%s\\0' "$@"; }\n${line}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
}

async function watch(page) {
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) faults.push(`request to ${url.origin}`);
  });
  await page.exposeFunction('reportViolation', (text) => faults.push(`policy: ${text}`));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
    window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)));
}

// Of a path that has several operations, the one with the method.
const card = (page, path, method = '') => page.locator('.card').filter({ has: page.locator('h3', { hasText: new RegExp(`^${path}$`) }) })
  .filter({ has: page.locator('summary .tag', { hasText: method }) });

const field = (page, label) => page.locator('dialog').getByLabel(label);

async function open(page, path, method) {
  const one = card(page, path, method);
  if (await one.getAttribute('open') === null) await one.locator('> summary').click();
  return one;
}

async function execute(one) {
  await one.getByRole('button', { name: 'Execute' }).click();
  const output = one.locator('[aria-live]');
  await output.locator('.status, .error').first().waitFor();
  return output;
}

async function focusShown(page) {
  return page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return document.activeElement !== document.body && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  });
}

async function load(page) {
  const answer = await page.goto(`${site}/docs`);
  await page.locator('.card').first().waitFor();
  const policy = answer.headers()['content-security-policy'] ?? '';
  check(answer.status() === 200, 'the page is served');
  check(policy.includes("default-src 'none'") && !policy.includes('unsafe'), 'the policy is strict', policy);
  const size = (await answer.body()).length;
  check(size < 20_000, 'the page is under 20 KB', size);
  check(await card(page, '/users/me', 'GET').locator('.lock').count() === 1, 'a protected operation shows a lock');
  check(await card(page, '/register').locator('.lock').count() === 0, 'an open operation shows none');
}

async function register(page) {
  const one = await open(page, '/register');
  const area = one.getByLabel('Body');
  check(JSON.parse(await area.inputValue()).email?.includes('@'), 'the example is filled in from the schema');
  await area.fill('{"email": ');
  check(await one.getByText('Not valid JSON').isVisible(), 'bad JSON is pointed out');
  const body = JSON.stringify({ email, password }, null, 2);
  await area.fill(body);
  check(await one.getByText('Not valid JSON').count() === 0, 'good JSON is not');
  const output = await execute(one);
  check(/^201/.test(await output.locator('.status').innerText()), 'register answers 201', await output.innerText());
  check((await output.locator('pre').first().innerText()).includes(email), 'and shows the account');
  const words = shellWords(await output.locator('pre').last().textContent());
  check(words.includes(body) && words.includes(`${site}/register`), 'the curl line survives a shell', words.join(' | '));
  await output.locator('summary').click();
  check((await output.innerText()).includes('content-type: application/json'), 'headers are shown');
}

async function refuseWrongPassword(page) {
  await page.locator('#auth').click();
  await field(page, 'Username').fill(email);
  await field(page, 'Password').fill('not the password');
  expected = /status of 401/;
  await page.keyboard.press('Enter');
  await page.locator('#fault:not(:empty)').waitFor();
  expected = /^$/;
  check(await page.locator('#fault').innerText() === 'Incorrect email or password', 'a wrong password is refused in words');
}

async function authorize(page) {
  await field(page, 'Password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByText(`Logged in as ${email}, until`).waitFor();
  check(true, 'the password flow logs in and says who and until when');
  await page.keyboard.press('Escape');
  check(!await page.locator('dialog').isVisible(), 'Esc closes the dialog');
  check((await page.locator('#auth').innerText()).includes(email), 'the button says who is logged in');
  const kept = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
  check(kept === 0, 'nothing is stored in the browser');
}

async function whoAmI(page) {
  const output = await execute(await open(page, '/users/me', 'GET'));
  check(/^200/.test(await output.locator('.status').innerText()), 'GET /users/me answers 200');
  check(JSON.parse(await output.locator('pre').first().innerText()).email === email, 'with the e-mail of the account');
  check((await output.locator('pre').last().innerText()).includes('Authorization: Bearer '), 'the curl line holds the token');
}

async function showNetworkError(page) {
  await page.route('**/users/me', (route) => route.abort());
  expected = /ERR_FAILED/;
  const output = await execute(await open(page, '/users/me', 'GET'));
  check((await output.locator('.error').innerText()).startsWith('No answer'), 'a network error is told');
  await page.unroute('**/users/me');
  expected = /^$/;
}

async function useKeyboard(page) {
  await page.goto(`${site}/docs`);
  await page.reload();
  await page.locator('.card').first().waitFor();
  let shown = 0;
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press('Tab');
    shown += await focusShown(page);
  }
  check(shown === 8, 'each Tab shows its focus', `${shown} of 8`);
  await page.keyboard.press('/');
  check(await page.evaluate(() => document.activeElement.id) === 'filter', '/ goes to the filter');
  await page.keyboard.type('users me');
  check(await card(page, '/users/me', 'GET').isVisible() && !await card(page, '/register').isVisible(), 'the filter filters');
  await page.keyboard.press('Escape');
  check(await card(page, '/register').isVisible(), 'Esc clears it');
  await card(page, '/register').locator('> summary').focus();
  await page.keyboard.press('Enter');
  check(await card(page, '/register').getByLabel('Body').isVisible(), 'Enter opens an operation');
  await page.locator('#auth').focus();
  await page.keyboard.press('Enter');
  check(await field(page, 'Username').evaluate((one) => one === document.activeElement), 'the dialog takes the focus');
  await page.keyboard.press('Escape');
  check(await page.evaluate(() => document.activeElement.id) === 'auth', 'and gives it back');
}

async function followLink(page) {
  const spec = await (await page.request.get(`${site}/openapi.json`)).json();
  await page.goto('about:blank');
  await page.goto(`${site}/docs#${spec.paths['/users/me'].get.operationId}`);
  await page.locator('.card[open]').waitFor();
  check(await card(page, '/users/me', 'GET').getByRole('button', { name: 'Execute' }).isVisible(), 'a link opens its operation');
}

async function logOut(page) {
  await page.locator('#auth').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  check(await field(page, 'Username').isVisible(), 'logging out brings the form back');
  await page.keyboard.press('Escape');
  check((await page.locator('#auth').innerText()).includes('Authorize'), 'and the button');
}

async function takePictures(browser, scheme, width, height) {
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height } });
  const shot = (name) => page.screenshot({ path: join(shots, `${name}-${scheme}-${width}.png`) });
  await page.goto(`${site}/docs`);
  await page.locator('.card').first().waitFor();
  await shot('overview');
  const ink = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const before = await ink();
  await page.locator('#theme').click();
  check(before !== await ink(), `${scheme} ${width}: the toggle changes the scheme`);
  await page.locator('#theme').click();
  check(before === await ink(), `${scheme} ${width}: and back`);
  await execute(await open(page, await card(page, '/json').count() ? '/json' : '/register'));
  await shot('answer');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!wide, `${scheme} ${width}: nothing sticks out sideways`);
  await page.locator('#auth').click();
  await shot('authorize');
  await page.close();
}

mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
page.setDefaultTimeout(10_000);
await watch(page);
for (const one of [load, register, refuseWrongPassword, authorize, whoAmI, showNetworkError, logOut, useKeyboard, followLink]) {
  await step(one.name, () => one(page));
}
for (const scheme of ['light', 'dark']) {
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    await step(`pictures ${scheme} ${width}`, () => takePictures(browser, scheme, width, height));
  }
}
await browser.close();
check(faults.length === 0, 'no console error, policy violation or foreign request', faults.join('\n'));
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
