// What the checks of the examples' pages have in common.
import {createRequire} from 'node:module';
import net from 'node:net';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TIMEOUT = 20000;  // milliseconds
export const SIZES = {desktop: {width: 1280, height: 800}, phone: {width: 320, height: 640}};

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}

// Until a function of the page, or a regular expression for an element's text, is true.
export async function until(page, what, test, ...args) {
  try {
    if (!(test instanceof RegExp)) return await page.waitForFunction(test, args[0], {timeout: TIMEOUT});
    return await page.waitForFunction(
      ([id, source]) => new RegExp(source).test(document.getElementById(id).textContent),
      [args[0], test.source], {timeout: TIMEOUT});
  } catch (error) {
    const text = await page.evaluate(() => document.body.innerText);
    throw new Error(`${what}: ${error.message.split('\n')[0]}: ${text.slice(0, 600)}`);
  }
}

// A way to a server: `closed` takes no more connections, `silent` loses what is sent, `stalled` delays it.
export class Proxy {
  static async to(url) {
    const proxy = new Proxy();
    const {port} = new URL(url);
    proxy.closed = proxy.silent = proxy.stalled = false;
    proxy.left = Infinity;  // bytes that may still pass to the server
    proxy.sockets = new Set();
    proxy.server = net.createServer(client => proxy.join(client, net.connect(port, '127.0.0.1')));
    await new Promise(resolve => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}/`;
    return proxy;
  }

  join(client, server) {
    if (this.closed) return [client, server].forEach(socket => socket.destroy());
    for (const [from, to] of [[client, server], [server, client]]) {
      this.sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => { this.sockets.delete(from); to.destroySoon(); });
      from.on('data', data => {
        if (from === client && (this.left -= data.length) < 0) this.onEmpty();
        if (!this.silent) to.write(data);
        if (this.stalled) from.pause();
      });
    }
  }

  // After so many more bytes from the clients, do something.
  after(bytes, onEmpty) {
    this.left = bytes;
    this.onEmpty = () => {
      this.left = Infinity;
      onEmpty();
    };
  }

  goOn() {
    this.stalled = false;
    for (const socket of this.sockets) socket.resume();
  }

  cut() {
    for (const socket of this.sockets) socket.destroy();
  }
}

// A page that keeps what its console says.
export async function open(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT);
  page.complaints = [];
  page.on('pageerror', error => page.complaints.push(String(error)));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

// Nothing in its console but what was expected; null or a regular expression.
export function quiet(page, expected) {
  const wrong = page.complaints.filter(text => !expected?.test(text));
  expect(!wrong.length, `console: ${wrong.join(' | ')}`);
}

// The fields and buttons that lie on another one, or stick out of the page.
function overlapping() {
  const boxes = [...document.querySelectorAll('input, select, textarea, button')].map(element => {
    const {left, right, top, bottom} = element.getBoundingClientRect();
    return {name: element.id || element.textContent, left, right, top, bottom};
  }).filter(box => box.right - box.left > 1);
  return boxes.filter(a => a.left < 0 || a.right > innerWidth || boxes.some(b => a !== b &&
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).map(box => box.name);
}

// At desktop and phone size, in light and dark: nothing is too wide or overlaps, and axe finds nothing.
export async function looksGood(page, what) {
  await page.evaluate(() => globalThis.axe) ?? await page.addScriptTag({path: axe});
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      const where = `${what}, ${size}, ${colorScheme}`;
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width <= viewport.width, `${where}: ${width} pixels wide`);
      const overlaps = await page.evaluate(overlapping);
      expect(!overlaps.length, `${where}: overlap: ${overlaps}`);
      const {violations} = await page.evaluate(() => axe.run({resultTypes: ['violations']}));
      expect(!violations.length, `${where}: ${violations.map(
        ({id, nodes}) => `${id} ${nodes.map(node => node.html.slice(0, 80))}`).join('; ')}`);
    }
  }
}
