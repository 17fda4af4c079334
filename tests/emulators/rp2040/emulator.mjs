// Serves the USB serial port of an emulated Raspberry Pi Pico on TCP:
//
//     node emulator.mjs --port N [--rom FILE] [--firmware FILE] [--flash FILE] [--profile FILE]
//     mpremote connect socket://127.0.0.1:N
//
// The flash is empty but for the firmware, unless FILE has it from an earlier run. A program's sleep
// takes its time, so that it can wait for the host; all else is as fast as the host can. To --profile
// FILE go the profiles that the program asks for (board.mjs), a line of JSON each.
import fs from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Board, Fault, FLASH_SIZE } from './board.mjs';

const SLICE = 1_000_000; // cycles between two looks at the network
const FAULT = 3; // exit code

function fail(message, code = 1) {
  console.error(`emulator: ${message}`);
  process.exit(code);
}

function options() {
  const type = 'string';
  const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
  try {
    const files = { rom: { type }, firmware: { type }, flash: { type }, profile: { type } };
    const { values } = parseArgs({ options: { port: { type }, ...files } });
    if (!(values.port > 0 && values.port < 65536)) throw new Error('--port is missing');
    return { rom: beside('rom.bin'), firmware: beside('firmware.bin'), ...values };
  } catch (error) {
    return fail(error.message);
  }
}

function read(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    return fail(`${file} cannot be read: ${error.code}`);
  }
}

const { port, rom, firmware, flash, profile } = options();
const image = Buffer.alloc(FLASH_SIZE, 0xff);
if (flash && fs.existsSync(flash)) read(flash).copy(image);
read(firmware).copy(image);

let client = null;
let output = [];
let sleep = null; // since when, and the timer that ends it
const profiler = profile && {
  symbols: `${read(firmware.replace(/bin$/, 'sym'))}`,
  done: (result) => fs.appendFileSync(profile, JSON.stringify(result) + '\n'),
};
const board = new Board(read(rom), image, (bytes) => output.push(bytes), profiler);

function slice() {
  const nanos = run();
  if (output.length) {
    client?.write(Buffer.concat(output));
    output = [];
  }
  if (!nanos) {
    setImmediate(slice);
  } else {
    const timer = nanos < Infinity ? setTimeout(wake, nanos / 1e6) : undefined;
    sleep = { since: performance.now(), timer };
  }
}

function save() {
  if (flash) fs.writeFileSync(flash, board.flash);
}

function run() {
  try {
    return board.run(SLICE);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    save();
    const [pc, lr] = [board.mcu.core.PC, board.mcu.core.LR].map((value) => value.toString(16));
    return fail(`the program faulted: ${error.message} (pc=0x${pc}, lr=0x${lr})`, FAULT);
  }
}

function wake() {
  if (!sleep) return;
  clearTimeout(sleep.timer);
  board.pass((performance.now() - sleep.since) * 1e6);
  sleep = null;
  setImmediate(slice);
}

const server = net.createServer((socket) => {
  client = socket.setNoDelay();
  socket.on('data', (bytes) => {
    wake();
    board.receive(bytes);
  });
  socket.on('error', () => {});
});
server.on('error', (error) => fail(`port ${port} cannot be had: ${error.code}`));
server.listen(port, '127.0.0.1', () => console.log(`emulator: socket://127.0.0.1:${port}`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    save();
    process.exit();
  });
}
slice();
