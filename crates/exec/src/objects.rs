//! What the machine of linked code needs for GC: the types, and the heap as handlers see it.

/// The subtype relation of all types of the engine, by type number.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Types {
    /// The display of each type: the numbers of its supertypes, from the root down to the type itself. Unused places,
    /// and the displays of numbers that are no types of the store, have `u32::MAX`.
    pub displays: *const Display,
    /// The number of displays.
    pub len: u32,
}

/// The most supertypes that a type has, counting itself.
pub const MAX_DEPTH: usize = 64;

/// The supertypes of one type.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Display {
    /// The depth of the type: how many supertypes it has, without itself.
    pub depth: u32,
    /// The first supertypes, from the root down. Places beyond the type itself are `u32::MAX`.
    pub first: [u32; Display::FIRST],
    /// All `depth + 1` of them, the type itself included.
    pub all: *const u32,
}

impl Display {
    /// How many supertypes a test finds without following `all`.
    pub const FIRST: usize = 7;
    /// The display of a number that is no type. Such a number is a subtype of itself only.
    pub const NONE: Display = Display { depth: 0, first: [u32::MAX; Display::FIRST], all: core::ptr::null() };
}

impl Types {
    /// Returns whether type `a` is `b` or a subtype of it.
    ///
    /// # Safety
    /// `displays` points to `len` displays, and each `all` to `depth + 1` numbers.
    #[inline(always)]
    pub unsafe fn is_sub(&self, a: u32, b: u32) -> bool {
        if a == b {
            return true;
        }
        if a >= self.len || b >= self.len {
            return false;
        }
        // SAFETY: both numbers are below `len`. The caller guarantees that many displays, and `depth + 1` numbers
        // behind each `all`.
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

/// The heap of GC objects, as handlers see it. A reference is the object's offset divided by 4. Null is 0, and odd
/// references are `i31` values.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Heap {
    /// The first byte of the heap. All bytes from here to `edge`, and [`Heap::SLACK`] bytes beyond, are readable and
    /// writable.
    pub base: *mut u8,
    /// The highest reference that an object can have, less one.
    pub last: u32,
    /// All objects begin below this address.
    pub edge: *mut u8,
    /// The offset of the next object, in bytes.
    pub cursor: usize,
    /// The offset at which the free range ends, in bytes.
    pub limit: usize,
    /// One bit for each 8 bytes up to `edge`, set where an object begins.
    pub starts: *mut u64,
    /// The layouts of types, in the form of the crate that owns the heap.
    pub layouts: *const (),
    /// While objects are marked between allocations: one bit for each 8 bytes up to `edge`, set where a marked object
    /// begins. Null otherwise. What overwrites a reference in an object must mark the old one if this is not null.
    pub marks: *mut u64,
    /// While objects are marked between allocations: one byte for each line, in the form of the crate that owns the
    /// heap.
    pub lines: *mut u8,
    /// The store's continuations, to which objects of type [`CONTINUATION`](crate::CONTINUATION) refer by number.
    #[cfg(feature = "stack-switching")]
    pub continuations: *mut crate::Continuations,
}

impl Heap {
    /// How many bytes behind `edge` are accessible. No structure or exception is larger. So an access needs a check
    /// of the object's start only.
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
        marks: core::ptr::null_mut(),
        lines: core::ptr::null_mut(),
        #[cfg(feature = "stack-switching")]
        continuations: core::ptr::null_mut(),
    };

    /// Returns the first byte of the object that a reference refers to, or `None` for null and what is out of range.
    /// In valid code that is an object. For any other number it is some address in the heap, possibly not aligned.
    #[inline(always)]
    pub fn place(&self, reference: u32) -> Option<*mut u8> {
        // The subtraction makes null the highest number.
        if reference.wrapping_sub(1) < self.last { Some(self.base.wrapping_add(reference as usize * 4)) } else { None }
    }

    /// Allocates an object of `bytes` bytes, a multiple of 8, and writes its header. All other bytes are zero.
    /// Returns `None` if there is no room now.
    ///
    /// # Safety
    /// The fields are as documented, and the bytes from `cursor` to `limit` are zero. The collector upholds both.
    #[inline(always)]
    pub unsafe fn allocate(&mut self, bytes: usize, header: u64) -> Option<u32> {
        let at = self.cursor;
        if bytes > self.limit - at {
            return None;
        }
        self.cursor = at + bytes;
        // SAFETY: the new object ends at or below `limit`, so it lies in the heap and `starts` has a bit for it. The
        // caller guarantees the fields.
        unsafe {
            *self.starts.add(at >> 9) |= 1 << (at >> 3 & 63);
            self.base.add(at).cast::<u64>().write(header);
        }
        Some((at >> 2) as u32)
    }
}
