// The checks with Node's ws:  node node.mjs URL   prints {check: null or what was wrong} as JSON.
// The certificate's authority comes in NODE_EXTRA_CA_CERTS.
import WebSocket from 'ws';
import {checks, runAll} from './checks.mjs';

const url = process.argv[2];
const tools = {
  async ends() { return (await (await fetch(url.replace('ws', 'http') + '/ends')).json()).ends; },
};
console.log(JSON.stringify(await runAll(name => checks[name](WebSocket, url, tools))));
process.exit();  // whatever a check left open
