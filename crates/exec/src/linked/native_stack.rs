//! The limit of the native stack. Wasm frames use none of it. But each call from the host into wasm does, and so does
//! each host function that such a call runs. Calls that nest take more and more, and how many nest is the guest's
//! choice.
//!
//! So bytes are counted, not calls. Each activation notes the address of a local variable when it begins to run. The
//! distance between two of them is what the calls in between take. Only distances count, so the direction in which
//! the stack grows does not matter.
//!
//! A host function may start the next call on another native stack: that of another thread, or of a fiber. There the
//! count begins anew. An activation is on the stack of an outer one if at most the limit is between them. This is
//! reliable if each stack is larger than the limit. An activation that starts while none runs also begins a new count.

use super::{Activation, Machine};

/// The most native stacks that nested calls may be on at a time. It bounds what a guest can use if its host starts
/// each call on a stack of its own.
const MAX_STACKS: u32 = 64;

/// Two activations are on the same native stack if at most this many bytes are between them, or the limit if it is
/// larger. A limit that is less than what one call takes therefore allows no nested calls.
const NEAR: usize = 64 << 10;

/// Where an activation runs.
#[derive(Clone, Copy, Debug)]
pub struct NativePlace {
    /// Its own address on the native stack.
    here: usize,
    /// The address of the outermost activation on the same native stack.
    base: usize,
    /// How many native stacks it and the activations outside of it are on.
    stacks: u32,
}

impl NativePlace {
    /// The place of an activation that never ran.
    pub const NONE: NativePlace = NativePlace { here: 0, base: 0, stacks: 0 };

    /// Returns the place at this address, inside of these running activations. Returns `None` if the native stack is
    /// used up.
    ///
    /// # Safety
    /// `running` is null or points to the innermost running activation.
    #[inline(always)]
    pub unsafe fn inside(running: *const Activation, here: usize, limit: usize) -> Option<NativePlace> {
        if running.is_null() {
            return Some(NativePlace { here, base: here, stacks: 1 });
        }
        // SAFETY: the caller guarantees that the activation runs, so it is in place.
        let outer = unsafe { (*running).native };
        if outer.base.abs_diff(here) <= limit {
            return Some(NativePlace { here, ..outer });
        }
        // SAFETY: the caller guarantees a running activation.
        unsafe { elsewhere(running, here, limit) }
    }
}

/// Does the same, if the address is far from where the innermost activation's stack begins.
///
/// # Safety
/// `running` points to the innermost running activation.
#[cold]
#[inline(never)]
unsafe fn elsewhere(running: *const Activation, here: usize, limit: usize) -> Option<NativePlace> {
    // SAFETY: the caller guarantees a running activation, and those outside of it run, too.
    unsafe {
        let (stacks, near) = ((*running).native.stacks, limit.max(NEAR));
        let mut outer = running;
        while !outer.is_null() {
            let place = (*outer).native;
            if place.here.abs_diff(here) <= near {
                // The innermost activation on this stack.
                let room = place.base.abs_diff(here) <= limit;
                return room.then_some(NativePlace { here, base: place.base, stacks });
            }
            outer = (*outer).outer;
        }
        (stacks < MAX_STACKS).then_some(NativePlace { here, base: here, stacks: stacks + 1 })
    }
}

/// Returns an address in the native stack frame of the function that this is inlined into.
#[inline(always)]
pub(crate) fn here() -> usize {
    let here = core::mem::MaybeUninit::<u8>::uninit();
    (&raw const here).addr()
}

impl Machine {
    /// Returns whether there is native stack for another call from the host.
    ///
    /// # Safety
    /// `machine` points to a live machine.
    #[inline(always)]
    pub unsafe fn has_native_stack(machine: *const Machine) -> bool {
        // SAFETY: the caller guarantees a live machine, whose `running` is as documented.
        unsafe { NativePlace::inside((*machine).running, here(), (*machine).max_native_stack).is_some() }
    }
}

/// Notes where an activation runs, which is now the innermost one.
///
/// # Safety
/// `this` points to an activation that is about to run on this machine, inside of `outer`.
#[inline(always)]
pub(crate) unsafe fn note(this: *mut Activation, limit: usize) {
    let here = here();
    // SAFETY: the caller guarantees the activation. Its fields are written one by one: a processor waits where it reads at
    // once what it has just written in parts.
    unsafe {
        if !(*this).outer.is_null() {
            return note_inside(this, here, limit);
        }
        let native = &raw mut (*this).native;
        (*native).here = here;
        (*native).base = here;
        (*native).stacks = 1;
    }
}

/// Does the same for an activation at this address that has an outer one.
///
/// # Safety
/// As for [`note`], and `outer` is not null.
#[inline(never)]
unsafe fn note_inside(this: *mut Activation, here: usize, limit: usize) {
    // SAFETY: the caller guarantees the activation. `outer` runs.
    unsafe {
        let outer = (*this).outer;
        // `has_native_stack` was asked a few frames outside of this one. The next call is refused if these use up the
        // rest.
        (*this).native = NativePlace::inside(outer, here, limit).unwrap_or_else(|| (*outer).native);
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    use super::*;
    use crate::activation::StackRange;
    use crate::linked::Regs;

    const LIMIT: usize = 512 << 10;
    const MIB: usize = 1 << 20;

    /// Activations that nest, at made-up addresses. They point to each other, so each stays in place in a box.
    #[derive(Default)]
    #[allow(clippy::vec_box)]
    struct Nest(Vec<Box<Activation>>);

    impl Nest {
        /// Starts an activation at this address. Returns whether there is native stack for it.
        fn enter(&mut self, here: usize, limit: usize) -> bool {
            use core::ptr::null_mut;
            let outer = self.0.last_mut().map_or(null_mut(), |outer| &raw mut **outer);
            // SAFETY: the outer activations are boxed, and stay so.
            let Some(native) = (unsafe { NativePlace::inside(outer, here, limit) }) else { return false };
            let room = StackRange { base: null_mut(), end: null_mut() };
            let regs = Regs::new(core::ptr::null(), null_mut(), null_mut(), null_mut());
            let mut activation = Box::new(Activation::at(room, 0, regs));
            (activation.outer, activation.native) = (outer, native);
            self.0.push(activation);
            true
        }

        /// Starts activations that each use so many bytes, down from `top`, until there is no room or `most` run.
        fn fill(&mut self, top: usize, bytes: usize, most: usize) -> usize {
            (0..most).take_while(|level| self.enter(top - level * bytes, LIMIT)).count()
        }
    }

    #[test]
    fn nested_calls_use_as_many_bytes_as_the_limit() {
        for bytes in [500, 1000, 5000, 100_000] {
            assert_eq!(Nest::default().fill(64 * MIB, bytes, 10_000), LIMIT / bytes + 1);
        }
        // The stack may grow upwards.
        let mut nest = Nest::default();
        assert_eq!((0..10_000).take_while(|level| nest.enter(MIB + level * 1000, LIMIT)).count(), LIMIT / 1000 + 1);
    }

    #[test]
    fn a_small_limit_allows_no_nested_call() {
        for limit in [0, 100] {
            let mut nest = Nest::default();
            assert!(nest.enter(MIB, limit));
            assert!(!nest.enter(MIB - 1000, limit));
        }
    }

    #[test]
    fn each_stack_has_its_own_count() {
        for other in [8 * MIB, 128 * MIB, 64 * MIB - 2 * MIB] {
            let mut nest = Nest::default();
            assert_eq!(nest.fill(64 * MIB, 5000, 50), 50);
            assert_eq!(nest.fill(other, 5000, 10_000), LIMIT / 5000 + 1);
        }
    }

    /// A fiber calls its host, which calls wasm on the first stack again.
    #[test]
    fn a_stack_that_is_used_again_has_only_what_is_left() {
        let (first, second) = (64 * MIB, 16 * MIB);
        let mut nest = Nest::default();
        let mut used = 0;
        for round in 0..10_000 {
            if !nest.enter(first - round * 5000, LIMIT) || !nest.enter(second - round * 5000, LIMIT) {
                break;
            }
            used = round * 5000;
        }
        assert!(used <= LIMIT && used > LIMIT - 5000, "{used}");
        // They are two stacks, however often they alternate.
        assert!(nest.0.last().unwrap().native.stacks == 2);
    }

    #[test]
    fn the_number_of_stacks_is_limited() {
        let mut nest = Nest::default();
        assert_eq!((1..1000).take_while(|stack| nest.enter(stack * 8 * MIB, LIMIT)).count(), MAX_STACKS as usize);
    }
}
