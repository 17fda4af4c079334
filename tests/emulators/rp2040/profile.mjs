// Where the cycles go, by the stack of calls: of a program that tells when to begin and to end.
//
// It knows that stack from the instructions: a branch that leaves the address behind itself in the link
// register is a call, and ends when the program comes back to that address with the same stack pointer,
// or to a higher one. The frames of MicroPython's virtual machine stand for the Python functions that
// they run: mp_execute_bytecode(code_state), whose first word is the function.
const VM = 'mp_execute_bytecode';
const SWITCH = /thumb1_case/; // a helper of gcc's, which changes the link register but is no call
// What calls any function: of interest is which one.
const CALLERS = /^(_*mp_call_|fun_builtin_|bound_meth_call|mp_obj_new_bound)/;

const key = (...parts) => parts.join(' ');

/** The functions in what `nm firmware.elf` prints: [[address, name]], in their order. */
function functions(symbols) {
  const lines = symbols.matchAll(/^([0-9a-f]{8}) [tTwW] ([^$\s]+)$/gm);
  return [...lines].map(([, address, name]) => [parseInt(address, 16) & ~1, name]).sort(([a], [b]) => a - b);
}

export class Profile {
  /** `symbols` is what nm prints of the firmware; `done` is called with each result. */
  constructor(core, symbols, done) {
    const all = functions(symbols);
    const at = all.findIndex(([, name]) => name === VM);
    if (at < 0) throw new Error(`the symbols have no ${VM}`);
    this.core = core;
    this.done = done;
    this.vm = all[at][0];
    this.vmEnd = all.find(([address]) => address > this.vm)[0];
    const named = (pattern) => new Set(all.filter(([, name]) => pattern.test(name)).map(([address]) => address));
    this.helpers = named(SWITCH);
    this.callers = named(CALLERS);
    this.on = false;
    this.leftOut = new Set();
  }

  /** The clock stands still in a Python function, and in what it calls. */
  leaveOut(python) {
    this.leftOut.add(python);
  }

  start(tag) {
    this.tag = tag;
    this.cells = new Map(); // cycles by Python function, the C function that it called, and where they went
    this.calls = new Map(); // by Python function and C function
    this.totals = new Map(); // by Python function or C function, with all that it called
    this.cycles = 0;
    this.aside = 0; // cycles that were left out
    this.stack = [{ ret: -1, sp: Infinity, python: 0, callee: 0, fn: 0, since: 0, isLeftOut: false }];
    this.enter();
    this.on = true;
  }

  stop() {
    this.on = false;
    while (this.stack.length > 1) this.leave();
    const rows = (map) => [...map].map(([names, value]) => [...names.split(' ').map(Number), value]);
    const { tag, cycles, aside } = this;
    const cells = rows(this.cells).map(([python, callee, fn, cell]) => [python, callee, fn, cell.cycles]);
    this.done({ tag, cycles, aside, cells, calls: rows(this.calls), totals: rows(this.totals) });
  }

  /** Executes an instruction; returns its cycles. */
  step() {
    const { core } = this;
    const before = core.registers[15] & ~1;
    const lrBefore = core.registers[14];
    const cycles = core.executeInstruction();
    if (!this.on) return cycles; // it was the one that ended it
    if (this.cell) {
      this.cycles += cycles;
      this.cell.cycles += cycles;
    } else {
      this.aside += cycles;
    }
    const [sp, lr, pc] = [core.registers[13], core.registers[14], core.registers[15] & ~1];
    const depth = this.stack.length;
    while (this.isOver(pc, sp)) this.leave();
    const next = (address) => address === before + 2 || address === before + 4;
    if (lr !== lrBefore && next(lr & ~1) && !next(pc) && this.isFunction(pc)) this.call(pc, lr & ~1, sp);
    else if (this.stack.length !== depth) this.enter();
    return cycles;
  }

  isOver(pc, sp) {
    const top = this.stack[this.stack.length - 1];
    return (pc === top.ret && sp === top.sp) || sp > top.sp;
  }

  isFunction(pc) {
    return !this.helpers.has(pc) && !(pc > this.vm && pc < this.vmEnd);
  }

  call(pc, ret, sp) {
    const { python, callee, isLeftOut } = this.stack[this.stack.length - 1];
    const isCallee = !callee || this.callers.has(callee);
    const frame = { ret, sp, python, callee: isCallee ? pc : callee, fn: pc, since: this.cycles, isLeftOut };
    if (pc === this.vm) {
      Object.assign(frame, { python: this.core.readUint32(this.core.registers[0]), callee: 0, fn: 0 });
      frame.isLeftOut ||= this.leftOut.has(frame.python);
    }
    if (!frame.isLeftOut && (pc === this.vm || isCallee)) this.count(frame.python, frame.callee);
    this.stack.push(frame);
    this.enter();
  }

  count(python, callee) {
    const names = key(python, callee);
    this.calls.set(names, (this.calls.get(names) ?? 0) + 1);
  }

  /** The cell of the frame on top; null if it is left out. */
  enter() {
    const { python, callee, fn, isLeftOut } = this.stack[this.stack.length - 1];
    this.cell = null;
    if (isLeftOut) return;
    const names = key(python, callee, fn);
    this.cell = this.cells.get(names);
    if (!this.cell) this.cells.set(names, (this.cell = { cycles: 0 }));
  }

  leave() {
    const { python, fn, since, isLeftOut } = this.stack.pop();
    if (isLeftOut) return;
    const same = (frame) => frame.fn === fn && (fn || frame.python === python);
    if (this.stack.some(same)) return; // it called itself
    const names = fn || python;
    this.totals.set(`${names}`, (this.totals.get(`${names}`) ?? 0) + this.cycles - since);
  }
}
