//! What the machine of linked code has for objects: their types, the heap as handlers see it, and where an exception was caught.

/// Which types are subtypes of which, by their numbers in the engine.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Types {
    /// For each type its display: the numbers of its supertypes, from the root down to itself. Behind these, and for numbers that
    /// are no types of the store, are `u32::MAX`.
    pub displays: *const Display,
    /// How many there are.
    pub len: u32,
}

/// The most supertypes that a type has, itself counted.
pub const MAX_DEPTH: usize = 64;

/// The supertypes of a type.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Display {
    /// Its depth: how many supertypes it has.
    pub depth: u32,
    /// The first ones; those that are no types are `u32::MAX`.
    pub first: [u32; Display::FIRST],
    /// All of them, `depth + 1`.
    pub all: *const u32,
}

impl Display {
    /// How many are found without another indirection.
    pub const FIRST: usize = 7;
    /// That of a number that is no type: only ever itself.
    pub const NONE: Display = Display { depth: 0, first: [u32::MAX; Display::FIRST], all: core::ptr::null() };
}

impl Types {
    /// Whether `a` is `b`, or a subtype of it.
    ///
    /// # Safety
    /// The displays are as this type says.
    #[inline(always)]
    pub unsafe fn is_sub(&self, a: u32, b: u32) -> bool {
        if a == b {
            return true;
        }
        if a >= self.len || b >= self.len {
            return false;
        }
        // SAFETY: both are below the length; `all` has `depth + 1` numbers.
        unsafe {
            let depth = (*self.displays.add(b as usize)).depth;
            let display = &*self.displays.add(a as usize);
            if depth >= display.depth {
                return false;
            }
            match display.first.get(depth as usize) {
                Some(&supertype) => supertype == b,
                None => display.all.add(depth as usize).read() == b,
            }
        }
    }
}

/// The heap of objects, as handlers see it. A reference is an object's offset divided by 4; 0 is null, and odd ones are integers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Heap {
    /// The first byte. From here to `edge` and [`Heap::SLACK`] bytes beyond, all can be read and written.
    pub base: *mut u8,
    /// The highest reference that an object can have, less one.
    pub last: u32,
    /// No object begins here or behind.
    pub edge: *mut u8,
    /// Where the next object goes, in bytes.
    pub cursor: usize,
    /// Where the room for it ends.
    pub limit: usize,
    /// A bit for each 8 bytes up to `edge`: whether an object begins there.
    pub starts: *mut u64,
    /// The layouts of types, as the crate knows them whose heap it is.
    pub layouts: *const (),
}

impl Heap {
    /// Bytes that can be accessed behind the last object: more than any structure or exception has, so that where one begins is all
    /// that is checked.
    pub const SLACK: usize = 320 << 10;
    /// A heap without objects.
    pub const EMPTY: Heap = Heap {
        base: core::ptr::null_mut(),
        last: 0,
        edge: core::ptr::null_mut(),
        cursor: 0,
        limit: 0,
        starts: core::ptr::null_mut(),
        layouts: core::ptr::null(),
    };

    /// The first byte of what a reference refers to, if it refers to anything: that is an object in valid code, and else some place in the
    /// heap, not aligned.
    #[inline(always)]
    pub fn place(&self, reference: u32) -> Option<*mut u8> {
        // Null is the highest number here.
        if reference.wrapping_sub(1) < self.last { Some(self.base.wrapping_add(reference as usize * 4)) } else { None }
    }

    /// A new object of so many bytes, a multiple of 8, all zero but for its header; `None` if there is no room right now.
    ///
    /// # Safety
    /// All is as this type says, and the bytes from `cursor` to `limit` are zero.
    #[inline(always)]
    pub unsafe fn allocate(&mut self, bytes: usize, header: u64) -> Option<u32> {
        let at = self.cursor;
        if bytes > self.limit - at {
            return None;
        }
        self.cursor = at + bytes;
        // SAFETY: below the limit, which is in the heap.
        unsafe {
            *self.starts.add(at >> 9) |= 1 << (at >> 3 & 63);
            self.base.add(at).cast::<u64>().write(header);
        }
        Some((at >> 2) as u32)
    }
}
