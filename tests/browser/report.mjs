// Opens a report of joust in Chromium, light and dark, wide and narrow, and asserts what it promises: it asks for
// nothing, runs nothing, nothing in its charts overlaps or is cut, every text can be read.
//   node report.mjs REPORT.html [SCREENSHOT_DIRECTORY]
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [report, shots] = process.argv.slice(2);
if (!report) {
  console.error('usage: node report.mjs REPORT.html [SCREENSHOT_DIRECTORY]');
  process.exit(2);
}
const address = pathToFileURL(resolve(report)).href;
const faults = []; // console errors, dialogs, requests
let passed = 0;
let failed = 0;

function check(truth, what, detail = '') {
  if (truth) passed++;
  else {
    failed++;
    console.log(`FAILED: ${what} ${detail}`);
  }
}

function none(found, what) {
  check(found.length === 0, what, `${found.length}: ${found.slice(0, 4).join(' | ')}`);
}

function watch(page) {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('dialog', (dialog) => { faults.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) faults.push(`request to ${request.url()}`);
  });
}

// Runs in the page: what is wrong with its charts and its colours, as lists of descriptions.
function inspect() {
  const SLACK = 1; // pixels that boxes may share: they are wider than the ink
  const box = (one) => one.getBoundingClientRect();
  const seen = (one) => box(one).width > 0 && box(one).height > 0;
  const meet = (a, b) => a.left + SLACK < b.right && b.left + SLACK < a.right && a.top + SLACK < b.bottom && b.top + SLACK < a.bottom;
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const lightness = (colour) => {
    const [r, g, b] = numbers(colour).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [lightness(a), lightness(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  const found = { charts: 0, texts: 0, overlaps: [], cuts: [], faint: [], dull: [], wide: [], scripts: [] };

  for (const chart of [...document.querySelectorAll('svg')].filter(seen)) {
    const texts = [...chart.querySelectorAll('text')].filter(seen);
    const bands = [...chart.querySelectorAll('rect.margin')];
    found.charts++;
    found.texts += texts.length;
    texts.forEach((one, i) => {
      const mine = box(one), frame = box(chart), ink = getComputedStyle(one).fill;
      for (const other of texts.slice(i + 1)) {
        if (meet(mine, box(other))) found.overlaps.push(`"${one.textContent}" on "${other.textContent}"`);
      }
      if (mine.left < frame.left - SLACK || mine.right > frame.right + SLACK || mine.top < frame.top - SLACK || mine.bottom > frame.bottom + SLACK)
        found.cuts.push(`"${one.textContent}"`);
      const grounds = [ground(chart), ...bands.filter((band) => meet(mine, box(band))).map((band) => getComputedStyle(band).fill)];
      for (const under of grounds)
        if (contrast(ink, under) < 4.5) found.faint.push(`"${one.textContent}" ${contrast(ink, under).toFixed(2)}`);
      if (parseFloat(getComputedStyle(one).fontSize) * mine.width < 9 * one.getBBox().width) found.faint.push(`"${one.textContent}" is too small`);
    });
    for (const line of chart.querySelectorAll('.line, line.ratio, line.one'))
      if (contrast(getComputedStyle(line).stroke, ground(chart)) < 3) found.dull.push(line.getAttribute('class'));
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || one.closest('svg') || !seen(one)) continue;
    found.texts++;
    const ratio = contrast(getComputedStyle(one).color, ground(one));
    if (ratio < 4.5) found.faint.push(`"${walker.currentNode.data.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.wide.push(`${root.scrollWidth} of ${innerWidth}`);
  found.scripts = [...document.querySelectorAll('script, iframe, object, embed, img, form')].map((one) => one.tagName);
  return found;
}

async function look(browser, scheme, width) {
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  const where = `${scheme} ${width}:`;
  watch(page);
  await page.goto(address);
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  const found = await page.evaluate(inspect);
  check(found.charts > 0 && found.texts > 50, `${where} there is something to look at`, JSON.stringify(found));
  none(found.overlaps, `${where} no two texts of a chart overlap`);
  none(found.cuts, `${where} no text is cut by its chart`);
  none(found.faint, `${where} texts are large and stand out`);
  none(found.dull, `${where} lines stand out`);
  none(found.wide, `${where} the page does not scroll sideways`);
  none(found.scripts, `${where} nothing but text and charts`);
  if (shots) await page.screenshot({ path: join(shots, `report-${scheme}-${width}.png`), fullPage: true });
  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.close();
  return ground;
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND'],
});
const grounds = new Set();
for (const scheme of ['light', 'dark']) {
  for (const width of [1200, 760, 400]) grounds.add(await look(browser, scheme, width));
}
await browser.close();
check(grounds.size === 2, 'light and dark differ', [...grounds].join(' '));
none(faults, 'no console error, no dialog, no request');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
