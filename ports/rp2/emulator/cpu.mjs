// Runs an RP2040 of rp2040js, several times as fast as its own simulator does.
//
// thumb.mjs executes nearly all instructions. The rest (peripherals, special registers, exceptions,
// sleep) is left to rp2040js's core, one instruction at a time, which has the state in between.
import { executor } from './thumb.mjs';

export class Cpu {
  constructor(mcu) {
    this.core = mcu.core;
    this.clock = mcu.clock;
    this.instructions = 0;
    this.left = false;
    this.execute = executor(this, mcu);
    this.nanosPerCycle = 1e9 / mcu.clkSys;
    mcu.addClockListener((hertz) => (this.nanosPerCycle = 1e9 / hertz));
  }

  /** Runs for `cycles`, or until the core sleeps. */
  run(cycles) {
    const { core, clock } = this;
    const end = core.cycles + cycles;
    while (core.cycles < end && !core.waiting) {
      const before = core.cycles;
      if (this.left || core.interruptsUpdated) {
        this.step();
      } else {
        const alarm = clock.nextAlarm ? clock.nanosToNextAlarm / this.nanosPerCycle : Infinity;
        this.execute(Math.min(end, before + alarm));
      }
      this.pass((core.cycles - before) * this.nanosPerCycle);
    }
  }

  step() {
    const { core } = this;
    const pc = core.PC;
    try {
      core.executeInstruction();
    } catch (error) {
      core.PC = pc;
      throw error;
    }
    this.instructions++;
    this.left = false;
  }

  /** Lets time pass, and what is due by then happen. */
  pass(nanos) {
    const { clock } = this;
    clock.nanosCounter += nanos;
    if (clock.nextAlarm?.nanos <= clock.nanosCounter) clock.tick(0);
  }
}
