// The checks in a page in Chromium:  node browser.mjs URL CHROMIUM [SPKI]   prints the same as node.mjs.
// SPKI: the hash of the public key of the one certificate that it shall accept.
import {chromium} from 'playwright-core';
import {runAll} from './checks.mjs';

const [url, executablePath, spki] = process.argv.slice(2);
const args = ['--disable-gpu', '--disable-quic'];
if (spki) args.push(`--ignore-certificate-errors-spki-list=${spki}`);
const browser = await chromium.launch({executablePath, args});
try {
  const page = await browser.newPage();
  await page.goto(url.replace('ws', 'http') + '/page.html');
  await page.waitForFunction('globalThis.check');
  const run = name => page.evaluate(([name, url]) => check(name, url), [name, url]);
  console.log(JSON.stringify(await runAll(run)));
} finally {
  await browser.close();
}
