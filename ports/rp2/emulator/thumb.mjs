// The instructions that programs are made of, as long as they touch registers, SRAM and flash only.
//
// Cycles are those of the Cortex-M0+ Technical Reference Manual, with memory that never waits.

const FLASH = 0x10000000;
const SRAM = 0x20000000;
const [SP, LR, PC] = [13, 14, 15];

// Accesses to memory, numbered as bits 9 to 11 of their form with two registers.
const [STR, STRH, STRB, LDR, LDRH, LDRB] = [0, 1, 2, 4, 5, 6];

/** What makes a real core take the HardFault exception. */
export class Fault extends Error {}

/**
 * A function of (end) that executes until `core.cycles` reaches `end`, or up to an instruction that
 * is not for here: then it sets `cpu.left`. It adds to `cpu.instructions`.
 */
export function executor(cpu, { core, sram, flash, bootrom }) {
  const R = new Int32Array(core.registers.buffer);
  const sram16 = new Uint16Array(sram.buffer);
  const sram32 = new Int32Array(sram.buffer);
  const flash16 = new Uint16Array(flash.buffer);
  const flash32 = new Int32Array(flash.buffer);
  const rom16 = new Uint16Array(bootrom.buffer);
  const [sramSize, flashSize, romSize] = [sram.length, flash.length, bootrom.byteLength];

  const inSram = (address) => (address - SRAM) >>> 0 < sramSize;
  const inFlash = (address) => (address - FLASH) >>> 0 < flashSize;
  const inMemory = (address) => inSram(address) || inFlash(address);
  const load32 = (address) =>
    inSram(address) ? sram32[(address - SRAM) >> 2] : flash32[(address - FLASH) >> 2];
  const load16 = (address) =>
    inSram(address) ? sram16[(address - SRAM) >> 1] : flash16[(address - FLASH) >> 1];
  const load8 = (address) => (inSram(address) ? sram[address - SRAM] : flash[address - FLASH]);

  const fault = (pc, what, address) => {
    R[PC] = pc;
    throw new Fault(`${what} 0x${(address >>> 0).toString(16)}`);
  };
  const aligned = (pc, address, mask) => {
    if (address & mask) fault(pc, 'unaligned access to', address);
    return address;
  };
  const fetch = (pc) => {
    if (inFlash(pc)) return flash16[(pc - FLASH) >> 1];
    if (inSram(pc)) return sram16[(pc - SRAM) >> 1];
    if (pc >>> 0 < romSize) return rom16[pc >> 1];
    return fault(pc, 'jump to', pc);
  };
  const thumb = (pc, target) => {
    if (!(target & 1)) fault(pc, 'jump to Arm code at', target);
    return target & ~1;
  };
  const lowest = (list) => 31 - Math.clz32(list & -list);

  return (end) => {
    let pc = R[PC] & ~1; // entering an exception leaves the vector here
    let nz = core.Z ? 0 : core.N ? -1 : 1; // the last result that set the flags N and Z
    let carry = core.C ? 1 : 0;
    let overflow = core.V ? -1 : 0; // negative: set
    let cycles = core.cycles;
    let count = 0;

    // A case ends in `continue run` when it is done and in `break other` when it is not for here;
    // in `break sum` and `break access` for what its forms have in common.
    run: for (; cycles < end; count++) {
      const at = pc;
      const started = cycles;
      const opcode = fetch(at);
      const n = (opcode >> 3) & 7;
      const d = opcode & 7;
      const d8 = (opcode >> 8) & 7;
      const imm5 = (opcode >> 6) & 31;
      const imm8 = opcode & 0xff;
      let to = d; // of a sum or an access
      let x, y, plus; // what a sum adds
      let kind, address; // of an access
      pc += 2;
      cycles += 1;
      other: {
        access: {
          sum: {
            switch (opcode >> 11) {
              case 0b00000: // LSLS (immediate), MOVS (register)
                x = R[n];
                if (imm5) carry = (x >>> (32 - imm5)) & 1;
                nz = R[d] = x << imm5;
                continue run;
              case 0b00001: // LSRS (immediate)
                x = R[n];
                carry = (x >>> (imm5 - 1)) & 1; // 0 stands for 32
                nz = R[d] = imm5 ? x >>> imm5 : 0;
                continue run;
              case 0b00010: // ASRS (immediate)
                x = R[n];
                carry = (x >>> (imm5 - 1)) & 1; // 0 stands for 32
                nz = R[d] = x >> (imm5 || 31);
                continue run;
              case 0b00011: // ADDS, SUBS (register, or immediate of 3 bits)
                x = R[n];
                y = opcode & 0x400 ? imm5 & 7 : R[imm5 & 7];
                plus = (opcode >> 9) & 1;
                if (plus) y = ~y;
                break sum;
              case 0b00100: nz = R[d8] = imm8; continue run; // MOVS (immediate)
              case 0b00101: to = -1; x = R[d8]; y = ~imm8; plus = 1; break sum; // CMP (immediate)
              case 0b00110: to = d8; x = R[d8]; y = imm8; plus = 0; break sum; // ADDS (immediate)
              case 0b00111: to = d8; x = R[d8]; y = ~imm8; plus = 1; break sum; // SUBS (immediate)
              case 0b01000:
                x = R[d];
                y = R[n];
                switch (imm5) {
                  case 0b00000: nz = R[d] = x & y; continue run; // ANDS
                  case 0b00001: nz = R[d] = x ^ y; continue run; // EORS
                  case 0b00010: // LSLS (register)
                    y &= 0xff;
                    if (y) carry = y <= 32 ? (x >>> (32 - y)) & 1 : 0;
                    nz = R[d] = y < 32 ? x << y : 0;
                    continue run;
                  case 0b00011: // LSRS (register)
                    y &= 0xff;
                    if (y) carry = y <= 32 ? (x >>> (y - 1)) & 1 : 0;
                    nz = R[d] = y < 32 ? x >>> y : 0;
                    continue run;
                  case 0b00100: // ASRS (register)
                    y = Math.min(y & 0xff, 32);
                    if (y) carry = (x >> (y - 1)) & 1;
                    nz = R[d] = x >> Math.min(y, 31);
                    continue run;
                  case 0b00101: plus = carry; break sum; // ADCS
                  case 0b00110: y = ~y; plus = carry; break sum; // SBCS
                  case 0b00111: // RORS
                    nz = R[d] = (x >>> (y & 31)) | (x << (-y & 31));
                    if (y & 0xff) carry = nz >>> 31;
                    continue run;
                  case 0b01000: nz = x & y; continue run; // TST
                  case 0b01001: x = 0; y = ~y; plus = 1; break sum; // RSBS
                  case 0b01010: to = -1; y = ~y; plus = 1; break sum; // CMP (register)
                  case 0b01011: to = -1; plus = 0; break sum; // CMN
                  case 0b01100: nz = R[d] = x | y; continue run; // ORRS
                  case 0b01101: nz = R[d] = Math.imul(x, y); continue run; // MULS
                  case 0b01110: nz = R[d] = x & ~y; continue run; // BICS
                  case 0b01111: nz = R[d] = ~y; continue run; // MVNS
                }
                // The others name any of the 16 registers.
                to = ((opcode >> 4) & 8) | d;
                y = (opcode & 0x78) === PC << 3 ? at + 4 : R[(opcode >> 3) & 15];
                if ((opcode & 0x300) === 0x300) { // BX, BLX
                  if (y >>> 28 === 15) break other; // the return from an exception
                  pc = thumb(at, y);
                  if (opcode & 0x80) R[LR] = at + 3;
                  cycles += 1;
                  continue run;
                }
                if ((opcode & 0x300) === 0x100) { x = R[to]; y = ~y; to = -1; plus = 1; break sum; } // CMP
                if (to >= SP) break other;
                R[to] = opcode & 0x200 ? y : R[to] + y; // MOV, ADD
                continue run;
              case 0b01001: to = d8; kind = LDR; address = (at + 4 & ~3) + (imm8 << 2); break access;
              case 0b01010:
              case 0b01011: kind = (opcode >> 9) & 7; address = R[n] + R[imm5 & 7]; break access;
              case 0b01100: kind = STR; address = R[n] + (imm5 << 2); break access;
              case 0b01101: kind = LDR; address = R[n] + (imm5 << 2); break access;
              case 0b01110: kind = STRB; address = R[n] + imm5; break access;
              case 0b01111: kind = LDRB; address = R[n] + imm5; break access;
              case 0b10000: kind = STRH; address = R[n] + (imm5 << 1); break access;
              case 0b10001: kind = LDRH; address = R[n] + (imm5 << 1); break access;
              case 0b10010: to = d8; kind = STR; address = R[SP] + (imm8 << 2); break access;
              case 0b10011: to = d8; kind = LDR; address = R[SP] + (imm8 << 2); break access;
              case 0b10100: R[d8] = (at + 4 & ~3) + (imm8 << 2); continue run; // ADR
              case 0b10101: R[d8] = R[SP] + (imm8 << 2); continue run; // ADD (SP plus immediate)
              case 0b10110:
                switch (imm5) {
                  case 0b00000:
                  case 0b00001: R[SP] += (opcode & 0x7f) << 2; continue run; // ADD (SP)
                  case 0b00010:
                  case 0b00011: R[SP] -= (opcode & 0x7f) << 2; continue run; // SUB (SP)
                  case 0b01000: R[d] = R[n] << 16 >> 16; continue run; // SXTH
                  case 0b01001: R[d] = R[n] << 24 >> 24; continue run; // SXTB
                  case 0b01010: R[d] = R[n] & 0xffff; continue run; // UXTH
                  case 0b01011: R[d] = R[n] & 0xff; continue run; // UXTB
                }
                if ((opcode & 0x600) !== 0x400) break other;
                address = R[SP]; // PUSH
                if (!inSram(address - 36) || !inSram(address - 4)) break other;
                for (let list = opcode & 0x1ff; list; cycles++) {
                  const r = 31 - Math.clz32(list);
                  list ^= 1 << r;
                  address -= 4;
                  sram32[(address - SRAM) >> 2] = R[r === 8 ? LR : r];
                }
                R[SP] = address;
                continue run;
              case 0b10111:
                if ((opcode & 0x600) !== 0x400) break other;
                address = R[SP]; // POP
                if (!inSram(address) || !inSram(address + 32)) break other;
                if (opcode & 0x100) {
                  let last = address;
                  for (let list = imm8; list; list &= list - 1) last += 4;
                  y = sram32[(last - SRAM) >> 2];
                  if (y >>> 28 === 15) break other; // the return from an exception
                  pc = thumb(at, y);
                  R[SP] = last + 4;
                  cycles += 3;
                }
                for (let list = imm8; list; list &= list - 1, address += 4, cycles++) {
                  R[lowest(list)] = sram32[(address - SRAM) >> 2];
                }
                if (!(opcode & 0x100)) R[SP] = address;
                continue run;
              case 0b11000: // STMIA
                address = aligned(at, R[d8], 3);
                if (!inSram(address) || !inSram(address + 28)) break other;
                for (let list = imm8; list; list &= list - 1, address += 4, cycles++) {
                  sram32[(address - SRAM) >> 2] = R[lowest(list)];
                }
                R[d8] = address;
                continue run;
              case 0b11001: // LDMIA
                address = aligned(at, R[d8], 3);
                if (!inMemory(address) || !inMemory(address + 28)) break other;
                for (let list = imm8; list; list &= list - 1, address += 4, cycles++) {
                  R[lowest(list)] = load32(address);
                }
                if (!(imm8 & (1 << d8))) R[d8] = address;
                continue run;
              case 0b11010:
              case 0b11011: { // B with a condition, negated by its lowest bit
                let condition;
                switch ((opcode >> 9) & 7) {
                  case 0b000: condition = nz === 0; break; // EQ
                  case 0b001: condition = carry !== 0; break; // CS
                  case 0b010: condition = nz < 0; break; // MI
                  case 0b011: condition = overflow < 0; break; // VS
                  case 0b100: condition = carry !== 0 && nz !== 0; break; // HI
                  case 0b101: condition = nz < 0 === overflow < 0; break; // GE
                  case 0b110: condition = nz !== 0 && nz < 0 === overflow < 0; break; // GT
                  default: break other; // UDF, SVC
                }
                if (condition === !(opcode & 0x100)) {
                  pc = at + 4 + (opcode << 24 >> 23);
                  cycles += 1;
                }
                continue run;
              }
              case 0b11100: // B
                pc = at + 4 + (opcode << 21 >> 20);
                cycles += 1;
                continue run;
              case 0b11110: { // BL
                const second = fetch(pc);
                if ((second & 0xd000) !== 0xd000) break other;
                const s = opcode << 21 >> 31;
                const i1 = ~(second >> 13 ^ s) & 1;
                const i2 = ~(second >> 11 ^ s) & 1;
                const upper = s << 24 | i1 << 23 | i2 << 22 | (opcode & 0x3ff) << 12;
                R[LR] = at + 5;
                pc = at + 4 + (upper | (second & 0x7ff) << 1);
                cycles += 2;
                continue run;
              }
            }
            break other;
          } // sum:
          nz = (x + y + plus) | 0;
          carry = (x & y | (x | y) & ~nz) >>> 31;
          overflow = (x ^ nz) & (y ^ nz);
          if (to >= 0) R[to] = nz;
          continue run;
        } // access:
        address |= 0;
        cycles += 1;
        switch (kind) {
          case 0: // STR
            if (!inSram(aligned(at, address, 3))) break other;
            sram32[(address - SRAM) >> 2] = R[to];
            continue run;
          case 1: // STRH
            if (!inSram(aligned(at, address, 1))) break other;
            sram16[(address - SRAM) >> 1] = R[to];
            continue run;
          case 2: // STRB
            if (!inSram(address)) break other;
            sram[address - SRAM] = R[to];
            continue run;
          case 3: // LDRSB
            if (!inMemory(address)) break other;
            R[to] = load8(address) << 24 >> 24;
            continue run;
          case 4: // LDR
            if (!inMemory(aligned(at, address, 3))) break other;
            R[to] = load32(address);
            continue run;
          case 5: // LDRH
            if (!inMemory(aligned(at, address, 1))) break other;
            R[to] = load16(address);
            continue run;
          case 6: // LDRB
            if (!inMemory(address)) break other;
            R[to] = load8(address);
            continue run;
          case 7: // LDRSH
            if (!inMemory(aligned(at, address, 1))) break other;
            R[to] = load16(address) << 16 >> 16;
            continue run;
        }
      } // other:
      pc = at;
      cycles = started;
      cpu.left = true;
      break;
    }

    R[PC] = pc;
    core.N = nz < 0;
    core.Z = nz === 0;
    core.C = carry !== 0;
    core.V = overflow < 0;
    core.cycles = cycles;
    cpu.instructions += count;
  };
}
