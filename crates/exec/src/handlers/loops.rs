//! Instructions in front of loops that copy or fill memory 0. Each does iterations of its loop at the speed of memory:
//! those that certainly come and do not trap. [`wasmote_ir::loops`] explains their constants.

use core::marker::PhantomData;

use wasmote_ir::loops::{LoopPlan, LoopPointer};
use wasmote_ir::shape::{Format, LoopCopy as LoopCopyShape, LoopFill as LoopFillShape, Operand};

use super::handler_macros::{Encoded, variants};
use crate::dispatch::{Execute, Flow, Regs};
use crate::mode::Mode;
use crate::operand::{I, S, Source};

/// The maximum number of bytes that one instruction writes, so that an interruption is seen soon. The loop comes back to
/// its instruction after one more iteration.
const PIECE: u64 = 1 << 20;

/// The iterations that an instruction does.
struct Iterations {
    /// How many there are.
    count: u64,
    /// Whether the loop ends behind them.
    all: bool,
}

/// A range of memory that iterations access.
#[derive(Clone, Copy)]
struct Accessed {
    /// The lowest byte that the first iteration accesses.
    first: u64,
    /// How many iterations stay in the memory.
    room: u64,
}

impl Accessed {
    /// Returns the range that begins at the pointer.
    fn new(plan: &LoopPlan, pointer: LoopPointer, at: u32, base: u32, displacement: u32, len: u64) -> Accessed {
        let (wrapping, offset) = if pointer.wraps { (displacement, 0) } else { (0, displacement) };
        let base = if pointer.has_base { base } else { 0 };
        let at = at.wrapping_add(base).wrapping_add(wrapping);
        let first = u64::from(at) + u64::from(offset);
        let room = if !plan.down {
            // Addresses do not wrap before they leave the memory.
            len.saturating_sub(first) >> plan.stride
        } else if first + (1 << plan.stride) <= len {
            u64::from(at >> plan.stride) + 1
        } else {
            0
        };
        Accessed { first, room }
    }

    /// Returns the lowest byte that is accessed in so many iterations, at least one.
    fn lowest(&self, plan: &LoopPlan, count: u64) -> usize {
        (self.first - if plan.down { (count - 1) << plan.stride } else { 0 }) as usize
    }
}

impl Iterations {
    /// Chooses the iterations. `end` is their number until the loop ends, or 0, and `room` how many do not trap.
    fn new(plan: &LoopPlan, end: u64, room: u64) -> Iterations {
        let wanted = end.saturating_sub(u64::from(plan.leaves_last));
        let count = wanted.min(room).min(PIECE >> plan.stride);
        Iterations { count, all: count > 0 && count == end }
    }
}

/// Returns a pointer after so many iterations.
fn moved(plan: &LoopPlan, pointer: u32, count: u64) -> u32 {
    let distance = (count << plan.stride) as u32;
    if plan.down { pointer.wrapping_sub(distance) } else { pointer.wrapping_add(distance) }
}

/// Returns a counter after so many iterations.
fn stepped(plan: &LoopPlan, counter: u32, count: u64) -> u32 {
    let distance = (count << plan.step) as u32;
    if plan.falls { counter.wrapping_sub(distance) } else { counter.wrapping_add(distance) }
}

/// Up to this many accesses are done one by one, which takes less time than a call.
const FEW: usize = 16;

/// Copies `count` values of type `T`, at least one, one by one, up or down.
///
/// # Safety
/// As [`copy_in_order`], for `count` values.
#[inline(always)]
unsafe fn one_by_one<T: Copy>(down: bool, to: *mut u8, from: *const u8, count: usize) {
    let (first, step) = if down { (count - 1, -1) } else { (0, 1) };
    // SAFETY: the caller guarantees both ranges, of at least one value. The pointers leave them only behind the last one.
    unsafe {
        let (mut to, mut from) = (to.cast::<T>().add(first), from.cast::<T>().add(first));
        for _ in 0..count {
            to.write_unaligned(from.read_unaligned());
            (to, from) = (to.wrapping_offset(step), from.wrapping_offset(step));
        }
    }
}

/// Copies `total` bytes as a loop does that copies `1 << plan.width` bytes at a time. Returns `false` without a copy if what
/// it reads at once may be partly written.
///
/// # Safety
/// Both ranges of `total` bytes, at least `1 << plan.width`, from `to` and `from` on, lie in one memory.
unsafe fn copy_in_order(plan: &LoopPlan, to: *mut u8, from: *const u8, total: usize) -> bool {
    let count = total >> plan.width;
    if count <= FEW && plan.width <= 3 {
        // SAFETY: the caller guarantees both ranges.
        unsafe {
            match plan.width {
                0 => one_by_one::<u8>(plan.down, to, from, count),
                1 => one_by_one::<u16>(plan.down, to, from, count),
                2 => one_by_one::<u32>(plan.down, to, from, count),
                _ => one_by_one::<u64>(plan.down, to, from, count),
            }
        }
        return true;
    }
    let ahead = if plan.down { from.addr().wrapping_sub(to.addr()) } else { to.addr().wrapping_sub(from.addr()) };
    // Otherwise each byte is read before it is written. If the target is on the other side, `ahead` is larger than any
    // memory.
    if ahead == 0 || ahead >= total {
        // SAFETY: the caller guarantees both ranges.
        unsafe { core::ptr::copy(from, to, total) };
        return true;
    }
    let width = 1_usize << plan.width;
    if ahead < width {
        return false;
    }
    // What a piece of this size reads, earlier pieces have written.
    let piece = ahead & !(width - 1);
    let mut done = 0;
    while done < total {
        // If pieces are as long as the distance, all of them are equal, and what is done is such pieces.
        let (size, back) = if piece == ahead { (done + piece, done) } else { (piece, 0) };
        let size = size.min(total - done);
        let (at, source) =
            if plan.down { (total - done - size, total - done - size + back) } else { (done, done - back) };
        // SAFETY: both pieces lie in the ranges: `at + size <= total`, and going down `source + size` is `total - done +
        // back <= total`. They do not overlap: they are `ahead + back` bytes apart, which is at least `size`.
        unsafe { core::ptr::copy_nonoverlapping(from.add(source), to.add(at), size) };
        done += size;
    }
    true
}

/// Writes a value of `width` bytes over and over.
///
/// # Safety
/// `total` bytes from `to` on are writable, and `total` is a multiple of `width`, which is 1, 2, 4 or 8.
unsafe fn repeat(to: *mut u8, total: usize, value: u64, width: usize) {
    let mut value = value;
    let mut bits = 8 * width;
    while bits < 64 {
        value = value << bits | value & (u64::MAX >> (64 - bits));
        bits *= 2;
    }
    let bytes = value.to_le_bytes();
    // SAFETY: the caller guarantees the bytes. `done` and `size` stay within them.
    unsafe {
        if total > 8 * FEW && bytes == [bytes[0]; 8] {
            core::ptr::write_bytes(to, bytes[0], total);
            return;
        }
        let mut done = 0;
        while done + 8 <= total {
            to.add(done).cast::<[u8; 8]>().write(bytes);
            done += 8;
        }
        while done < total {
            to.add(done).write(bytes[done % 8]);
            done += 1;
        }
    }
}

/// Returns the length of memory 0.
///
/// # Safety
/// `mem` is the base of memory 0, as [`Memory`](crate::state::Memory) documents it.
unsafe fn length(mem: *mut u8) -> u64 {
    // SAFETY: the caller guarantees that the length lies in the 8 bytes before the base.
    unsafe { mem.cast::<u64>().sub(1).read() }
}

/// A loop that copies. The bound has the class `B`.
pub struct LoopCopyWith<B>(PhantomData<B>);

impl<M: Mode, B: Source<u32>> Execute<M> for LoopCopyWith<B> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees three slots, two sources, two displacements, a plan, a bound and a target, in
        // this order, and the base of memory 0.
        unsafe {
            let bound = B::get(r, 11);
            if copy::<M>(r.ip, r.fp, r.mem, bound) {
                r.jump(11 + B::UNITS);
                return Flow::Jump;
            }
            r.advance(11 + B::UNITS + 2);
        }
        Flow::Next
    }
}

/// Runs the instruction at `ip`, whose bound is this. Returns whether the loop ends. It gets the registers as values, so that
/// the handler needs no address of them.
///
/// # Safety
/// As [`Execute::run`].
#[inline(never)]
unsafe fn copy<M: Mode>(ip: *const u8, fp: *mut u64, mem: *mut u8, bound: u32) -> bool {
    let r = Regs::<M>::new(ip, fp, mem, core::ptr::null_mut());
    // SAFETY: the caller guarantees three slots, two sources, two displacements and a plan, in this order, and the base of
    // memory 0. Slots are initialized. `room` keeps the ranges in the memory.
    unsafe {
        let plan = LoopPlan::from_bits(r.u32(9));
        let (to, from, counter) = (r.slot(0).read() as u32, r.slot(1).read() as u32, r.slot(2).read() as u32);
        let bases = [r.slot(3).read() as u32, r.slot(4).read() as u32];
        let len = length(mem);
        let target = Accessed::new(&plan, plan.pointers[0], to, bases[0], r.u32(5), len);
        let source = Accessed::new(&plan, plan.pointers[1], from, bases[1], r.u32(7), len);
        let Iterations { count, all } =
            Iterations::new(&plan, plan.iterations(counter, bound), target.room.min(source.room));
        if count == 0 {
            return false;
        }
        let (target, source) = (mem.add(target.lowest(&plan, count)), mem.add(source.lowest(&plan, count)));
        if !copy_in_order(&plan, target, source, (count << plan.stride) as usize) {
            return false;
        }
        r.slot(0).write(moved(&plan, to, count).into());
        r.slot(1).write(moved(&plan, from, count).into());
        r.slot(2).write(stepped(&plan, counter, count).into());
        all
    }
}

impl<B: Source<u32>> Encoded for LoopCopyWith<B> {
    const FORMAT: Format = Format::operands(&[
        Operand::SrcDst,
        Operand::SrcDst,
        Operand::SrcDst,
        Operand::Src,
        Operand::Src,
        Operand::Offset,
        Operand::Offset,
    ])
    .operand(Operand::Imm32)
    .then(B::FORMAT)
    .operand(Operand::Target);
}

/// A loop that fills. The value has the class `V`, the bound the class `B`.
pub struct LoopFillWith<V, B>(PhantomData<(V, B)>);

impl<M: Mode, V: Source<u64>, B: Source<u32>> Execute<M> for LoopFillWith<V, B> {
    #[inline(always)]
    unsafe fn run(r: &mut Regs<M>) -> Flow<M> {
        // SAFETY: the caller guarantees two slots, a source, a displacement, a plan, a value, a bound and a target, in this
        // order, and the base of memory 0.
        unsafe {
            let (value, bound) = (V::get(r, 7), B::get(r, 7 + V::UNITS));
            if fill::<M>(r.ip, r.fp, r.mem, value, bound) {
                r.jump(7 + V::UNITS + B::UNITS);
                return Flow::Jump;
            }
            r.advance(7 + V::UNITS + B::UNITS + 2);
        }
        Flow::Next
    }
}

/// As [`copy`], for a loop that fills with this value.
///
/// # Safety
/// As [`Execute::run`].
#[inline(never)]
unsafe fn fill<M: Mode>(ip: *const u8, fp: *mut u64, mem: *mut u8, value: u64, bound: u32) -> bool {
    let r = Regs::<M>::new(ip, fp, mem, core::ptr::null_mut());
    // SAFETY: the caller guarantees two slots, a source, a displacement and a plan, in this order, and the base of memory
    // 0. Slots are initialized. `room` keeps the range in the memory. An iteration writes a multiple of the width.
    unsafe {
        let plan = LoopPlan::from_bits(r.u32(5));
        let (to, counter, base) = (r.slot(0).read() as u32, r.slot(1).read() as u32, r.slot(2).read() as u32);
        let target = Accessed::new(&plan, plan.pointers[0], to, base, r.u32(3), length(mem));
        let Iterations { count, all } = Iterations::new(&plan, plan.iterations(counter, bound), target.room);
        if count == 0 {
            return false;
        }
        let width = 1 << plan.width.min(3);
        repeat(mem.add(target.lowest(&plan, count)), (count << plan.stride) as usize, value, width);
        r.slot(0).write(moved(&plan, to, count).into());
        r.slot(1).write(stepped(&plan, counter, count).into());
        all
    }
}

impl<V: Source<u64>, B: Source<u32>> Encoded for LoopFillWith<V, B> {
    const FORMAT: Format =
        Format::operands(&[Operand::SrcDst, Operand::SrcDst, Operand::Src, Operand::Offset, Operand::Imm32])
            .then(V::FORMAT)
            .then(B::FORMAT)
            .operand(Operand::Target);
}

/// The rows.
pub mod rows {
    /// See [`wasmote_ir::Op::LoopCopy`].
    pub struct LoopCopy;
    /// See [`wasmote_ir::Op::LoopFill`].
    pub struct LoopFill;
}

variants!(cold () rows::LoopCopy: LoopCopyShape => {
    s: LoopCopyWith<S>,
    i: LoopCopyWith<I>,
});

variants!(cold () rows::LoopFill: LoopFillShape => {
    ss: LoopFillWith<S, S>,
    si: LoopFillWith<S, I>,
    is: LoopFillWith<I, S>,
    ii: LoopFillWith<I, I>,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_those_of_a_loop_at_every_distance() {
        let start: [u8; 288] = core::array::from_fn(|i| (i * 37) as u8);
        let plans = [(0, 0), (1, 1), (2, 2), (2, 0), (3, 3), (3, 2), (4, 2), (4, 4)];
        let plans = plans.into_iter().flat_map(|plan| [(plan, false), (plan, true)]);
        // Few accesses and many.
        for (((stride, width), down), all) in plans.flat_map(|plan| [(plan, 48), (plan, 240)]) {
            let plan = LoopPlan { stride, width, down, ..LoopPlan::from_bits(0) };
            let size = 1_usize << width;
            for (to, from) in (0..48).flat_map(|to| (0..48).map(move |from| (to, from))) {
                let mut expected = start;
                for i in 0..all / size {
                    let at = if down { all - size - i * size } else { i * size };
                    expected.copy_within(from + at..from + at + size, to + at);
                }
                let mut memory = start;
                let base = memory.as_mut_ptr();
                // SAFETY: both ranges end at 288 at the latest.
                let done = unsafe { copy_in_order(&plan, base.add(to), base.add(from), all) };
                assert_eq!(memory, if done { expected } else { start }, "{plan:?} {to} {from}");
                assert!(done || to.abs_diff(from) < size);
            }
        }
    }

    #[test]
    fn fills_repeat_the_value() {
        for (width, value) in [(1, 0x81), (2, 0x1234), (2, 0x3434), (4, 0x1234_5678), (8, 0x0123_4567_89ab_cdef)] {
            for count in 0..150 {
                let mut memory = [0xee_u8; 1280];
                // SAFETY: `count` times `width` is less than 1,200.
                unsafe { repeat(memory.as_mut_ptr(), count * width, value, width) };
                let value = &u64::to_le_bytes(value)[..width];
                assert!(memory[..count * width].chunks(width).all(|chunk| chunk == value));
                assert!(memory[count * width..].iter().all(|&byte| byte == 0xee));
            }
        }
    }
}
