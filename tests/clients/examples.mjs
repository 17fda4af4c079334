// The pages of the examples, in Chromium:  node examples.mjs CHROMIUM EXAMPLES
// EXAMPLES: JSON, {name: {url, password, folder, codec, endless}}. Prints {check: null, or what was wrong}.
import {createHash} from 'node:crypto';
import fs from 'node:fs';
import {chromium} from 'playwright-core';
import {Proxy, expect, looksGood, open, quiet, until} from './pages.mjs';

const LOST = /ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|WebSocket connection to .* failed/;
const REFUSED = /401|403|Authentication failed/;

async function signIn(page, password) {
  await page.fill('#password', password);
  await page.click('#login button');
}

// Who does not know the password is not let in; who does, is.
async function needsPassword(page, {password}) {
  await until(page, 'asks for it', /sign in first/, 'why');
  await looksGood(page, 'signing in');
  await signIn(page, password + 'x');
  await until(page, 'refuses another', /not the password/, 'why');
  await signIn(page, password);
  await until(page, 'lets in', /^open$/, 'state');
}

// What becomes of a WebSocket that a page opens: 'open' or 'refused'.
const attempt = (page, url) => page.evaluate(url => new Promise(resolve => {
  const ws = new WebSocket(url);
  ws.onopen = () => { ws.close(); resolve('open'); };
  ws.onerror = () => resolve('refused');
}), url);

async function keepsOthersOut(page, context, {url}, path) {
  const target = url.replace('http', 'ws') + path;
  expect(await attempt(page, target) === 'open', 'its own page is refused');
  const other = await open(context, (await Proxy.to(url)).url);  // another port is another origin
  expect(await attempt(other, target) === 'refused', 'a page of another origin is let in');
  const stranger = await open(await context.browser().newContext(), url);
  expect(await attempt(stranger, target) === 'refused', 'one without a session is let in');
}

const checks = {
  async demoMeasures(context, {url, codec, endless}) {
    const page = await open(context, url);
    await until(page, 'round trips', () => document.querySelector('#line').getAttribute('d')?.split('L').length > 2);
    await until(page, 'the last of them', /^[\d.]+ ms$/, 'last');
    await page.click('#full');
    await until(page, 'full speed', () => +document.querySelector('#rate').textContent.replace(',', '') > 50);
    await page.click('#full');
    if (codec === 'native') {
      await page.click('#compare');
      await until(page, 'C against Python', /^× [\d.]+$/, 'times');
      expect(parseFloat((await page.textContent('#times')).slice(2)) > 2, 'C is no faster than Python');
    } else {
      expect(await page.isDisabled('#compare'), 'there is nothing to compare');
    }
    await until(page, 'free memory', endless ? /system/ : /^[\d,]+ KiB$/, 'free');
    await until(page, 'the address for a phone', /LISTEN/, 'phone');
    await until(page, 'tabs', /^1 tab$/, 'tabs');
    const other = await open(await context.browser().newContext(), url);
    await until(page, 'tabs', /^2 tabs$/, 'tabs');
    await other.close();
    await until(page, 'tabs', /^1 tab$/, 'tabs');
    await looksGood(page, 'demo');
    quiet(page);
  },

  async demoSends(context, {url}) {
    const page = await open(context, url);
    await until(page, 'what it can take', /up to 1,048,576 B/, 'info');
    await page.fill('#text', 'é<b>');
    await page.click('#send-text');
    await until(page, 'text', /identical · text, 5 B: é<b>/, 'log');
    await page.evaluate(() => { document.querySelector('#text').value = 'é'.repeat(1 << 19); });
    await page.click('#send-text');
    await until(page, 'a mebibyte of text', /identical · text, 1,048,576 B/, 'log');
    await page.selectOption('#size', '1048576');
    await page.click('#send-bytes');
    await until(page, 'a mebibyte', /identical · binary, 1,048,576 B/, 'log');
    await page.fill('#text', 'é'.repeat((1 << 19) + 1));
    await until(page, 'a warning', /over the limit/, 'note');
    await page.click('#send-text');
    await until(page, 'what the server says', /closed: 1009 message too big/, 'log');
    quiet(page);
  },

  async demoReconnects(context, {url}) {
    const proxy = await Proxy.to(url);
    const page = await open(context, proxy.url);
    await until(page, 'open', /^open$/, 'state');
    proxy.closed = true;
    proxy.cut();
    await until(page, 'a countdown', /trying again in 2 s/, 'why');
    await until(page, 'a countdown', /trying again in 1 s/, 'why');
    await until(page, 'the second try', /no connection, try [2-9]/, 'log');
    expect(await page.locator('#log li').count() === 3, 'a line for each try');
    await looksGood(page, 'demo without its server');
    proxy.closed = false;
    await page.click('#link');
    await until(page, 'open', /open again after [2-9] tries/, 'log');
    quiet(page, LOST);
  },

  async sensor(context, {url}) {
    const page = await open(context, url);
    await until(page, 'rows', () => rows.length > 12);
    expect(await page.locator('section').count() === 3, 'three plots');
    expect(/^\d+\.\d °C$/.test(await page.textContent('section .big')), 'a value with its unit');
    const times = await page.evaluate(() => rows.map(row => row[0]));
    const step = Math.min(...times.slice(1).map((time, i) => time - times[i]));
    expect(Math.abs(step - 0.1) < 0.01, `${step} s between two rows`);
    const other = await open(context, url);
    await until(other, 'rows', () => rows.length);
    expect(await other.evaluate('rows[0][0]') < times.at(-1) - 1, 'a second page has no history');
    await page.click('#pause');
    const [paused, gathered] = await page.evaluate(() => [shown.length, rows.length]);
    await until(page, 'more rows', n => rows.length > n + 3, gathered);
    expect(await page.evaluate('shown.length') === paused, 'it does not pause');
    await looksGood(page, 'sensor');
    await page.click('#pause');
    await until(page, 'all of them', () => shown.length > rows.length - 2);
    quiet(page);
    quiet(other);
  },

  async control(context, example) {
    const page = await open(context, example.url);
    await needsPassword(page, example);
    const other = await open(context, example.url);  // it has the cookie
    await until(other, 'open', /^open$/, 'state');
    const value = await page.inputValue('#brightness');
    await page.press('#brightness', 'ArrowRight');
    await until(other, 'the slider of the first page', v => document.querySelector('#brightness').value === v,
      String(+value + 1));
    await until(other, 'its picture', new RegExp(`Brightness ${+value + 1} %`), 'lamp-card');
    const on = await other.isChecked('#fan');
    await other.click('#fan');
    await until(page, 'the switch of the second page', on => document.querySelector('#fan').checked === on, !on);
    await page.reload();
    await until(page, 'the same after a reload', ([on, value]) => document.querySelector('#fan').checked === on &&
      document.querySelector('#brightness').value === value, [!on, String(+value + 1)]);
    await looksGood(page, 'control');
    await keepsOthersOut(page, context, example, 'control');
    await page.click('#out');
    await until(page, 'signed out', /sign in first/, 'why');
    expect(await attempt(page, example.url.replace('http', 'ws') + 'control') === 'refused', 'still signed in');
    quiet(page, REFUSED);
    quiet(other);
  },

  async chat(context, {url}) {
    const enter = async (name, room, url) => {
      const page = await open(await context.browser().newContext(), url);
      if (name === 'Ann') await looksGood(page, 'the chat\'s door');
      await page.fill('#name', name);
      await page.selectOption('#room', room);
      await page.click('#join button');
      await until(page, 'open', new RegExp(name), 'there');
      return page;
    };
    const say = async (page, text) => {
      await page.fill('#text', text);
      await page.press('#text', 'Enter');
    };
    const proxy = await Proxy.to(url);
    const ann = await enter('Ann', 'Hall', url);
    const [bob, cyd, eve] = await Promise.all(
      [enter('Bob', 'Hall', url), enter('Cyd', 'Garden', url), enter('Eve', 'Hall', proxy.url)]);
    await until(ann, 'who is there', () => document.querySelectorAll('#there li').length === 3);
    await say(ann, 'hello <b>all</b>');
    for (const page of [ann, bob, eve]) await until(page, 'what Ann says', /Annhello <b>all<\/b>/, 'log');
    await say(cyd, 'nobody here');
    await until(cyd, 'what Cyd says', /Cydnobody here/, 'log');
    proxy.silent = true;
    await until(ann, 'who vanished', /Eve has vanished/, 'log');
    await bob.click('#leave');
    await until(ann, 'who left', /Bob has left/, 'log');
    expect(await ann.textContent('#there') === 'Ann', 'who is there');
    expect(!/Cyd|nobody/.test(await ann.textContent('#log')), 'another room is heard');
    await looksGood(ann, 'chat');
    for (const page of [ann, bob, cyd]) quiet(page);
    proxy.cut();
  },

  async relay(context, {url, other, broker}) {
    const page = await open(context, url), there = await open(context, other);
    const say = async (page, text) => {
      await page.fill('#text', text);
      await page.press('#text', 'Enter');
    };
    for (const [it, name] of [[page, 'kitchen'], [there, 'workshop']]) {
      await until(it, 'both servers', () => document.querySelectorAll('#servers li').length === 2);
      const first = await it.locator('#servers li').first().innerText();
      expect(first.startsWith(name) && /this server/.test(first), `not its own first: ${first}`);
    }
    await say(page, 'hello <b>there</b>');
    await until(there, 'what is said at the other', /kitchenhello <b>there<\/b>$/, 'log');
    await say(there, 'hello yourself');
    for (const it of [page, there]) {
      await until(it, 'the answer', /hello yourself$/, 'log');
      expect(await it.locator('#log p').count() === 2, 'a message came twice');
    }
    await looksGood(page, 'relay');
    process.kill(broker);
    await until(page, 'that it is alone', /without the broker/, 'why');
    await say(page, 'still here');
    await until(page, 'its own message', /still here$/, 'log');
    await until(page, 'that the other is silent', () => /silent for/.test(document.querySelector('.silent')?.innerText));
    await looksGood(page, 'relay without its broker');
    expect(await there.locator('#log p').count() === 2, 'there is another way');
    for (const it of [page, there]) quiet(it);
  },

  async terminal(context, example) {
    const page = await open(context, example.url);
    await needsPassword(page, example);
    const run = async (source, output) => {
      await page.fill('#line', source);
      await page.press('#line', 'Enter');
      await until(page, source, output, 'output');
    };
    await run('x = 6', /x = 6/);
    await run('x * 7', /42/);
    await run('for i in range(3):\n    print("i", i)', /i 0\ni 1\ni 2\n/);
    await run('1 / 0', /ZeroDivisionError/);
    await run('print("<i>" + "y" * 9999)', /<i>y{3990}/);
    await page.press('#line', 'ArrowUp');
    await page.press('#line', 'ArrowUp');
    expect(await page.inputValue('#line') === '1 / 0', 'the arrow brings back what was typed');
    await page.click('#try button:nth-child(3)');
    await until(page, 'an example', /implementation\)\n.*name=/, 'output');
    await looksGood(page, 'terminal');
    await keepsOthersOut(page, context, example, 'terminal');
    await page.click('#out');
    await until(page, 'signed out', /sign in first/, 'why');
    quiet(page, REFUSED);
  },

  async upload(context, {url, folder}) {
    const proxy = await Proxy.to(url);
    const page = await open(context, proxy.url);
    const choose = (name, buffer) => page.setInputFiles('#file', {name, mimeType: 'application/octet-stream', buffer});
    const saved = async (name, buffer) => {
      const digest = createHash('sha256').update(buffer).digest('hex');
      await until(page, name, /^done$/, 'state');
      await until(page, name, new RegExp(`Saved as ${name}. The checksum there is the same`), 'result');
      expect(await page.textContent('#sha') === digest, `${name}: ${await page.textContent('#sha')}`);
      expect(buffer.equals(fs.readFileSync(`${folder}/uploads/${name}`)), `${name}: another content`);
    };
    const data = Buffer.from(Array.from({length: (1 << 20) + 77}, (_, i) => (i * i >> 3) % 251));

    proxy.after(400000, () => proxy.cut());
    await choose('board.bin', data);
    await until(page, 'cut off', /^lost$/, 'state');
    await saved('board.bin', data);
    const [, kib] = (await page.textContent('#progress')).match(/went on at (\d+) KiB/);
    expect(+kib > 50 && +kib < 400, `went on at ${kib} KiB`);
    await looksGood(page, 'upload');

    for (const [name, buffer] of [['empty', Buffer.alloc(0)], ['55', data.subarray(0, 55)],
      ['56', data.subarray(0, 56)], ['4096', data.subarray(0, 4096)], ['mebibyte', data.subarray(0, 1 << 20)]]) {
      await choose(name, buffer);
      await saved(name, buffer);
    }

    proxy.after(100000, () => { proxy.stalled = true; });
    await choose('other.bin', data.subarray(1));
    await until(page, 'stalled', /^\d+ %$/, 'why');
    expect(fs.readdirSync(`${folder}/uploads`).some(name => name.endsWith('.part')), 'no part of it');
    await page.click('#cancel');
    proxy.goOn();
    await until(page, 'cancelled', /cancelled/, 'result');
    expect(!fs.readdirSync(`${folder}/uploads`).some(name => /part|other/.test(name)), 'a part stays');
    quiet(page, LOST);
  },
};

// Each page says what it is without JavaScript, too.
async function withoutJavaScript(browser, url) {
  const page = await (await browser.newContext({javaScriptEnabled: false})).newPage();
  await page.goto(url);
  expect(/JavaScript/.test(await page.locator('noscript').innerText()), 'nothing to read');
}

const [executablePath, json] = process.argv.slice(2);
const examples = JSON.parse(json);
const browser = await chromium.launch({executablePath, args: ['--disable-gpu']});
const results = {};
async function run(name, check) {
  const context = await browser.newContext();
  results[name] = await check(context).then(() => null, String);
  await context.close();
}
const waiting = Object.entries(examples).flatMap(([name, example]) => [
  () => run(`${name}WithoutJavaScript`, () => withoutJavaScript(browser, example.url)),
  ...Object.keys(checks).filter(check => check.replace(/[A-Z].*/, '') === name).map(
    check => () => run(check, context => checks[check](context, example))),
]);
const worker = async () => { while (waiting.length) await waiting.shift()(); };
try {
  await Promise.all([worker(), worker(), worker()]);  // each waits a lot
  console.log(JSON.stringify(results));
} finally {
  await browser.close();
}
process.exit();  // whatever the proxies still hold
