// What a reader does in the browser:  node tutorial.mjs FOLDER_OF_PLAYWRIGHT CHROMIUM PART URL [PICTURE.png or SCRIPT]
// It ends with 1 and a line on stderr if the pages do something else than is written there.
import {createRequire} from 'node:module';

const [folder, executablePath, part, url, picture] = process.argv.slice(2);
const {chromium} = createRequire(folder + '/package.json')('playwright-core');

const parts = {
  async first(page) {
    await page.getByText('connected').waitFor();
    await page.getByLabel('A message').fill('hello');
    await page.getByRole('button').click();
    await page.getByRole('listitem').filter({hasText: 'hello'}).waitFor();
  },

  // README's lines for the console, in the place of the picture.
  async console(page) {
    const said = page.waitForEvent('console', message => message.text() === 'hello');
    await page.evaluate(picture);
    await said;
  },

  // Those of the page on reconnecting: after each connection that has ended there is another.
  async reconnect(page) {
    for (let i = 0; i < 2; i++) {
      const opened = page.waitForEvent('websocket', ws => ws.url() === url.replace('http', 'ws') + 'echo');
      if (!i) await page.evaluate(picture );
      const ws = await opened;
      await page.evaluate(() => fetch('/end'));
      if (!ws.isClosed()) await ws.waitForEvent('close');
    }
  },

  async echo(page) {
    await page.getByText('connected').waitFor();
    await page.getByLabel('Message').fill('hello');
    await page.getByRole('button').click();
    await page.getByRole('listitem').filter({hasText: 'hello'}).waitFor();
  },

  async sensor(page) {
    await page.getByText('connected').waitFor();
    await page.waitForFunction(() => document.getElementById('line').points.length > 3);
    const value = () => page.locator('#value').textContent();
    const before = await value();
    await page.waitForFunction(old => document.getElementById('value').textContent !== old, before);
  },

  async control(page, browser) {
    await page.getByLabel('Password').fill('change me');
    await page.getByRole('button').click();
    await page.getByText('connected').waitFor();
    const context = await browser.newContext();  // somebody else
    const other = await context.newPage();
    await other.goto(url);
    await other.getByLabel('Password').fill('change me');
    await other.getByRole('button').click();
    await other.getByText('connected').waitFor();
    await page.getByLabel('Lamp').check();
    await other.waitForFunction(() => document.getElementById('lamp').checked);
    await other.getByLabel('Level').fill('7');
    await page.waitForFunction(() => document.getElementById('level').value === '7');
  },
};

const browser = await chromium.launch({executablePath, args: ['--disable-gpu']});
try {
  const isPage = !['console', 'reconnect'].includes(part);
  for (const width of isPage ? [1280, 320] : [1280]) {
    const page = await browser.newPage({viewport: {width, height: 640}, deviceScaleFactor: 2});
    page.setDefaultTimeout(15000);
    const errors = [];
    page.on('pageerror', error => errors.push(String(error)));
    await page.goto(url);
    await parts[part](page, browser);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) throw new Error(`it is ${wide} pixels wider than ${width}`);
    if (errors.length) throw new Error(errors[0]);
    if (picture?.endsWith('.png') && width === 1280) {
      await page.setViewportSize({width: 640, height: 310});
      if (part === 'sensor') {  // until its line is whole
        const whole = () => document.getElementById('line').points.length > 99;
        await page.waitForFunction(whole, null, {timeout: 30000});
      }
      await page.screenshot({path: picture});
    }
    await page.close();
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
