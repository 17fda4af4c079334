// A board with an RP2040, 2 MiB of flash and a USB serial port.
import { RP2040, USBCDC } from 'rp2040js';
import { Profile } from './profile.mjs';

export const FLASH_SIZE = 2 * 1024 * 1024;

// Peripherals, by their addresses less the last 12 bits.
const [WATCHDOG, ROSC, COUNTERS] = [0x40058, 0x40060, 0x40070];
const RANDOM_BIT = 0x1c; // in the ROSC
const [FIFO_STATUS, FIFO_READ] = [0x50, 0x58]; // in the SIO

// Sleep as short as this, for a packet on the USB, takes no time on the host.
const SHORT_NANOS = 200e3;

/** What makes a real core take the HardFault exception. */
export class Fault extends Error {}

export class Board {
  /**
   * `rom` and `flash` are bytes; `send` is called with those that the serial port sends. `profiler`:
   * { symbols, done } as Profile has them, if there is to be one.
   */
  constructor(rom, flash, send, profiler = null) {
    this.rom = new Uint32Array(4096);
    new Uint8Array(this.rom.buffer).set(rom);
    this.send = send;
    this.profiler = profiler;
    this.boot(flash);
  }

  get flash() {
    return this.mcu.flash.subarray(0, FLASH_SIZE);
  }

  boot(flash) {
    this.mcu = new RP2040();
    this.mcu.loadBootrom(this.rom); // and erases the flash
    this.mcu.flash.set(flash);
    this.instructions = 0;
    this.nanosPerCycle = 1e9 / this.mcu.clkSys;
    this.mcu.addClockListener((hertz) => (this.nanosPerCycle = 1e9 / hertz));
    this.restart = false;
    this.profile = this.profiler && new Profile(this.mcu.core, this.profiler.symbols, this.profiler.done);
    this.mcu.peripherals[WATCHDOG].onWatchdogTrigger = () => (this.restart = true);
    this.input = Buffer.alloc(0);
    stopOnFaults(this.mcu);
    addRandomBit(this.mcu);
    addSecondCore(this.mcu);
    addCounters(this);
    this.connect();
  }

  connect() {
    const { usbCtrl } = this.mcu;
    const cdc = new USBCDC(usbCtrl);
    const others = usbCtrl.onEndpointRead;
    this.request = null;
    cdc.onSerialData = this.send;
    // USBCDC itself would answer at once and with nothing, again and again.
    usbCtrl.onEndpointRead = (endpoint, size) => {
      if (endpoint !== cdc.outEndpoint) return others(endpoint, size);
      this.request = { endpoint, size };
      this.answer();
    };
  }

  /** The serial port receives bytes. */
  receive(bytes) {
    this.input = Buffer.concat([this.input, bytes]);
    this.answer();
  }

  answer() {
    if (!this.request || !this.input.length) return;
    const { endpoint, size } = this.request;
    const packet = new Uint8Array(this.input.subarray(0, size));
    this.request = null;
    this.input = this.input.subarray(packet.length);
    this.mcu.usbCtrl.endpointReadDone(endpoint, packet);
  }

  /** Runs for `cycles` or until the program sleeps; returns for how long it will, in nanoseconds. */
  run(cycles) {
    const { core, clock } = this.mcu;
    const end = core.cycles + cycles;
    while (core.cycles < end && !this.restart) {
      if (core.waiting) {
        const nanos = clock.nextAlarm ? clock.nanosToNextAlarm : Infinity;
        if (nanos > SHORT_NANOS) return nanos;
        this.pass(nanos);
      } else {
        const used = this.profile?.on ? this.profile.step() : core.executeInstruction();
        this.pass(used * this.nanosPerCycle);
        this.instructions++;
      }
    }
    if (this.restart) this.boot(this.flash);
    return 0;
  }

  /** Lets time pass, and what is due by then happen. */
  pass(nanos) {
    const { clock } = this.mcu;
    clock.nanosCounter += nanos;
    if (clock.nextAlarm?.nanos <= clock.nanosCounter) clock.tick(0);
  }
}

/** rp2040js goes on after what is a HardFault on a real core, whose handler is a breakpoint. */
function stopOnFaults(mcu) {
  const stop = (component, message) => {
    // Peripherals only tell what they do not implement.
    if (component === 'RP2040' || component === 'CortexM0Core') throw new Fault(message);
  };
  mcu.logger = { debug() {}, info() {}, warn: stop, error: stop };
  mcu.onBreak = (code) => stop('CortexM0Core', `breakpoint ${code}`);
}

/** What os.urandom() is made of: the same bits after each boot. */
function addRandomBit(mcu) {
  const rosc = mcu.peripherals[ROSC];
  const read = rosc.readUint32.bind(rosc);
  let state = 1;
  rosc.readUint32 = (offset) => {
    if (offset !== RANDOM_BIT) return read(offset);
    state ^= state << 13; // xorshift
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 7) & 1;
  };
}

/** The core that is not there always says 0, as it does when it is ready to be started. */
function addSecondCore({ sio }) {
  const read = sio.readUint32.bind(sio);
  const fifo = { [FIFO_STATUS]: 3, [FIFO_READ]: 0 };
  sio.readUint32 = (offset) => fifo[offset] ?? read(offset);
}

/**
 * For programs that measure themselves: words at 0x40070000. Cycles are in the first two,
 * instructions in the next; to read a low half holds the high half, which follows it. To write a word
 * at 0x40070010 begins a profile with that tag, and 0 ends it; one at 0x40070014 is the address of a
 * Python function that profiles are to leave out.
 */
function addCounters(board) {
  const { core, peripherals } = board.mcu;
  let high = 0;
  peripherals[COUNTERS] = {
    readUint32(offset) {
      if (offset & 4) return high;
      const count = offset & 8 ? board.instructions : core.cycles;
      high = Math.floor(count / 2 ** 32);
      return count >>> 0;
    },
    writeUint32Atomic(offset, value) {
      if (offset & 4) board.profile?.leaveOut(value);
      else if (value) board.profile?.start(value);
      else board.profile?.stop();
    },
  };
}
