// Pictures of the examples' pages in use:  node screenshots.mjs CHROMIUM EXAMPLES FOLDER
// EXAMPLES: as of examples.mjs.
import {randomBytes} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {chromium} from 'playwright-core';
import {Proxy, SIZES, open, until} from './pages.mjs';

const wait = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000));

async function signIn(page, {password}) {
  await page.fill('#password', password);
  await page.click('#login button');
  await until(page, 'signed in', /^open$/, 'state');
}

// What is to be seen; each gets a page of its example.
const scenes = {
  async demo(page) {
    await until(page, 'what serves', /codec/, 'info');
    await wait(20);
    await page.click('#compare');
    await until(page, 'compared', /×/, 'times');
    await page.click('#send-text');
    await page.selectOption('#size', '65536');
    await page.click('#send-bytes');
    await wait(1);
    await page.click('#full');
    await wait(1.5);
  },

  async sensor() {
    await wait(35);
  },

  async control(page, example) {
    await signIn(page, example);
    if (!await page.isChecked('#lamp')) await page.click('#lamp');
    if (!await page.isChecked('#fan')) await page.click('#fan');
    await page.locator('#brightness').fill('80');
    await page.evaluate(() => document.activeElement.blur());
    await wait(0.5);
  },

  async chat(page, {url}) {
    const enter = async (page, name) => {
      await page.fill('#name', name);
      await page.click('#join button');
      await until(page, 'in the room', /Ben|Ada/, 'there');
    };
    const say = async (page, text) => {
      await page.fill('#text', text);
      await page.press('#text', 'Enter');
      await wait(0.3);
    };
    await enter(page, 'Ada');
    const other = await open(await page.context().browser().newContext(), url);
    await enter(other, 'Ben');
    await say(other, 'Is the kiln still on?');
    await say(page, 'At 412 °C, and falling.');
    await say(other, 'Then I lock up at nine.');
    await page.evaluate(() => document.activeElement.blur());
    page.once('close', () => other.close());
  },

  async relay(page, {other}) {
    const there = await open(await page.context().browser().newContext(), other);
    for (const it of [page, there]) {
      await until(it, 'both servers', () => document.querySelectorAll('#servers li').length === 2);
    }
    for (const [it, text] of [[there, 'Is the kiln still on?'], [page, 'Off since nine. It is cooling down.']]) {
      await it.fill('#text', text);
      await it.press('#text', 'Enter');
      await wait(0.5);
    }
    await page.evaluate(() => document.activeElement.blur());
    await there.context().close();
  },

  async terminal(page, example) {
    await signIn(page, example);
    for (const source of ['import gc', 'gc.mem_free()', 'for n in range(3):\n    print(n, 2 ** n)', 'open("x")']) {
      await page.fill('#line', source);
      await page.press('#line', 'Enter');
      await until(page, 'it ran', /^$/, 'why');
    }
  },

  async upload(page, {url}) {
    const proxy = await Proxy.to(url);
    await page.goto(proxy.url);
    proxy.after(500000, () => proxy.cut());
    const file = {name: 'firmware.bin', mimeType: 'application/octet-stream', buffer: randomBytes(1500000)};
    await page.setInputFiles('#file', file);
    await until(page, 'cut off', /^lost$/, 'state');
    proxy.after(500000, () => { proxy.stalled = true; });
    await until(page, 'it went on', /went on/, 'progress');
    await wait(1);
  },
};

// Half as large as a PNG.
async function webp(context, png) {
  const page = await context.newPage();
  return Buffer.from(await page.evaluate(async source => {
    const image = await createImageBitmap(await (await fetch(source)).blob());
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.8).split(',')[1];
  }, `data:image/png;base64,${png.toString('base64')}`), 'base64');
}

const [executablePath, json, folder] = process.argv.slice(2);
const browser = await chromium.launch({executablePath, args: ['--disable-gpu', '--font-render-hinting=none']});
try {
  await Promise.all(Object.entries(JSON.parse(json)).map(async ([name, example]) => {
    for (const [size, colorScheme, file] of [['desktop', 'light', name], ['phone', 'dark', `${name}-phone`]]) {
      const context = await browser.newContext({viewport: SIZES[size], colorScheme});
      const page = await open(context, example.url);
      await scenes[name](page, example);
      await page.evaluate(() => scrollTo(0, 0));
      const {width, height} = SIZES[size];
      const used = await page.evaluate(() => Math.ceil(document.querySelector('main').getBoundingClientRect().bottom) + 24);
      const clip = {x: 0, y: 0, width, height: Math.min(height, used)};
      await writeFile(`${folder}/${file}.webp`, await webp(context, await page.screenshot({clip})));
      await context.close();
    }
  }));
} finally {
  await browser.close();
}
process.exit();
