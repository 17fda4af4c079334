// What a browser does with a WebSocket, in the API of a browser; Node's ws has the same.
// checks[name](WebSocket, url, tools): throws if the server is not as it should be.

const MIB = 1 << 20;

function expect(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a.slice(0, 200)}, not ${b.slice(0, 200)}`);
}

// Bytes without a period that a length or an alignment has.
function pattern(length, from = 0) {
  return Uint8Array.from({length}, (_, i) => (from + i) % 251);
}

function expectSame(received, sent, what) {
  expect(typeof received, typeof sent === 'string' ? 'string' : 'object', `${what}: type`);
  if (typeof sent === 'string') {
    if (received !== sent) throw new Error(`${what}: another text of ${received.length}`);
    return;
  }
  const bytes = new Uint8Array(received);
  expect(bytes.length, sent.length, `${what}: length`);
  const at = bytes.findIndex((byte, i) => byte !== sent[i]);
  if (at >= 0) throw new Error(`${what}: another byte at ${at}`);
}

// A connection whose messages and end are waited for one after the other.
class Client {
  constructor(WebSocket, url, subprotocols = []) {
    this.socket = new WebSocket(url, subprotocols);
    this.socket.binaryType = 'arraybuffer';
    this.events = [];
    this.waiting = null;
    for (const type of ['open', 'message', 'error', 'close']) {
      this.socket.addEventListener(type, event => {
        this.events.push(event);
        this.waiting?.();
      });
    }
  }

  async next(type) {
    while (!this.events.length) await new Promise(resolve => { this.waiting = resolve; });
    const event = this.events.shift();
    if (event.type !== type) throw new Error(`${event.type} ${event.code ?? ''} ${event.reason ?? ''}, not ${type}`);
    return event;
  }

  async open() {
    await this.next('open');
    expect([this.socket.extensions, this.socket.protocol], ['', ''], 'extensions and protocol');
    return this;
  }

  send(data) { this.socket.send(data); }
  async receive() { return (await this.next('message')).data; }

  async echo(...messages) {  // all of them in flight at once
    for (const message of messages) this.send(message);
    for (const [i, message] of messages.entries()) {
      expectSame(await this.receive(), message, `message ${i} of ${messages.length}`);
    }
  }

  async ended(code, reason) {
    const event = await this.next('close');
    expect([event.code, event.reason, event.wasClean], [code, reason, true], 'the end');
  }

  async close(code = 1000, reason = '') {
    this.socket.close(code, reason);
    await this.ended(code, '');  // the server answers with the code
  }
}

async function connect(WebSocket, url) { return new Client(WebSocket, url).open(); }

export const checks = {
  async text(WebSocket, url) {
    const client = await connect(WebSocket, url + '/echo');
    for (const text of ['hello', '', 'é€😀'.repeat(1000), '\0', '\uffff']) await client.echo(text);
    await client.close();
  },

  async binary(WebSocket, url) {
    const client = await connect(WebSocket, url + '/echo');
    for (const n of [0, 1, 125, 126, 1023, 1024, 1025, 2047, 2048, 16384, 65535, 65536]) {
      await client.echo(pattern(n, n));
    }
    await client.close();
  },

  async mebibyte(WebSocket, url) {
    const client = await connect(WebSocket, url + '/echo');
    await client.echo(pattern(MIB));
    await client.echo('é'.repeat(MIB / 2));
    await client.close();
  },

  async manyInFlight(WebSocket, url) {
    const client = await connect(WebSocket, url + '/echo');
    const messages = Array.from({length: 500}, (_, i) => pattern(i * 37 % 3000, i));
    for (let i = 0; i < messages.length; i += 5) messages[i] = 'é€😀'.repeat(i);
    await client.echo(...messages);
    await client.echo(pattern(MIB, 1), pattern(MIB, 2), 'x'.repeat(MIB), pattern(MIB, 3));
    await client.close();
  },

  async sendersAtOnce(WebSocket, url) {
    const client = await connect(WebSocket, url + '/senders');
    const echoes = Array.from({length: 40}, (_, i) => `echo ${i}`);
    for (const text of echoes) client.send(text);
    const next = [0, 0, 0, 0, 0];
    for (let n = 0, echo = 0; n < 80; n++) {
      const data = await client.receive();
      if (typeof data === 'string') {
        expect(data, echoes[echo++], 'an echo between');
      } else {
        const [i, k] = new Uint8Array(data);
        expect(k, next[i]++, `sender ${i}`);
        expectSame(data, Uint8Array.from({length: 100000}, (_, at) => at % 2 ? k : i), `${i}, ${k}`);
      }
    }
    await client.close();
  },

  async closedByClient(WebSocket, url, tools) {
    await tools.ends();
    const client = await connect(WebSocket, url + '/echo');
    await client.echo('x');
    await client.close(4321, 'done é');
    const other = await connect(WebSocket, url + '/echo');
    other.socket.close();
    await other.ended(1005, '');
    expect(await tools.ends(), [[4321, 'done é'], [1005, '']], 'what the server saw');
  },

  async closedByServer(WebSocket, url) {
    const client = await connect(WebSocket, url + '/close');
    client.send('x');
    await client.ended(4002, 'bye é');
  },

  async tooBig(WebSocket, url) {
    const client = await connect(WebSocket, url + '/echo');
    client.send(pattern(MIB + 1));
    await client.ended(1009, 'message too big');
  },

  async serverPings(WebSocket, url) {
    const client = await connect(WebSocket, url + '/ping');
    await client.echo('one', 'two', 'three');
    await client.close();
  },

  async compressed(WebSocket, url) {
    const client = new Client(WebSocket, url + '/compressed', ['other', 'chat', 'echo']);
    await client.next('open');
    expect(client.socket.extensions.split(';')[0], 'permessage-deflate', 'extension');
    expect(client.socket.protocol, 'echo', 'protocol');
    client.send('agreed');
    expect(await client.receive(), 'echo True', 'what the server has agreed to');
    for (const message of ['hello', '', 'é€😀'.repeat(1000), 'ab'.repeat(50000), pattern(0), pattern(5000, 1)]) {
      await client.echo(message);
    }
    await client.echo(...Array.from({length: 50}, (_, i) => JSON.stringify({i}).repeat(i * 20)));
    await new Promise(resolve => setTimeout(resolve, 1500));  // it answers pings, or it would be dropped
    client.send('ping');
    expect(await client.receive(), 'pong', 'after the pong of a ping');
    await client.close();
  },

  async compressedLarge(WebSocket, url) {
    const client = new Client(WebSocket, url + '/compressed-large');
    await client.next('open');
    expect(client.socket.extensions.split(';')[0], 'permessage-deflate', 'extension');
    await client.echo(new Uint8Array(MIB));
    client.send('x'.repeat(MIB + 1));
    await client.ended(1009, 'message too big');
  },

  async refused(WebSocket, url) {
    const client = new Client(WebSocket, url + '/no-such-path');
    await client.next('error');
    expect((await client.next('close')).code, 1006, 'close code');
  },

  async reconnect(WebSocket, url) {
    for (let i = 0; i < 10; i++) {
      const client = await connect(WebSocket, url + '/echo');
      await client.echo(`connection ${i}`);
      await client.close(1000, String(i));
    }
    const clients = Array.from({length: 5}, () => connect(WebSocket, url + '/echo'));
    for (const client of await Promise.all(clients)) {
      await client.echo(pattern(5000));
      await client.close();
    }
  },
};

// {name: null, or what was wrong}; a check that stalls ends after `seconds`. CHECK names the only one.
export async function runAll(run, only = process.env.CHECK, seconds = 30) {
  const results = {};
  for (const name of only ? [only] : Object.keys(checks)) {
    let timer;
    const stalled = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`stalled for ${seconds} s`)), seconds * 1000);
    });
    results[name] = await Promise.race([run(name), stalled]).then(() => null, String);
    clearTimeout(timer);
  }
  return results;
}
