// Every page of the site in Chromium, on a narrow screen:  node pages.mjs FOLDER_OF_PLAYWRIGHT CHROMIUM URL PAGE...
// It prints what is wrong, as a list of JSON.
import {createRequire} from 'node:module';

const [folder, executablePath, url, ...paths] = process.argv.slice(2);
const {chromium} = createRequire(folder + '/package.json')('playwright-core');
const wrong = [];
const browser = await chromium.launch({executablePath, args: ['--disable-gpu']});

async function look(own) {
  const page = await browser.newPage({viewport: {width: 320, height: 640}});
  const say = text => wrong.push(`${new URL(page.url()).pathname}: ${text}`);
  page.on('pageerror', error => say(error.message));
  page.on('console', message => { if (message.type() === 'error') say(message.text()); });
  page.on('request', request => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) say(request.url());
  });
  for (const path of own) {
    await page.goto(url + path);
    // Material draws a diagram in the shadow of a div, in the place of its text.
    await page.waitForFunction(() => !document.querySelector('pre.mermaid'), null, {timeout: 10000})
      .catch(() => say('a diagram was not drawn'));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) say(`${wide} pixels too wide`);
  }
}

try {
  const at = [0, 1, 2, 3];  // at once: most of the time a page waits for what it loads
  await Promise.all(at.map(i => look(paths.filter((_, j) => j % at.length === i))));
} finally {
  await browser.close();
}
console.log(JSON.stringify(wrong));
