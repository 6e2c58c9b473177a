//! `bump N`: allocates N structures of a header and two numbers, as `allocate.wat` does, by nothing but a pointer that goes up. As a collector
//! that finds nothing alive would, it begins anew when 4 MiB are used. Prints the same sum.

use std::hint::black_box;

/// As objects are: 8 bytes of header, then the fields.
#[repr(C)]
struct Pair {
    header: u64,
    a: u32,
    b: u32,
}

/// What is allocated before the region is used again.
const REGION: usize = 4 << 20;

struct Bump {
    region: Vec<Pair>,
    next: usize,
}

impl Bump {
    #[inline]
    fn allocate(&mut self, pair: Pair) -> &Pair {
        if self.next == self.region.capacity() {
            self.begin_anew();
        }
        let place = &mut self.region.spare_capacity_mut()[self.next];
        self.next += 1;
        place.write(pair)
    }

    #[cold]
    #[inline(never)]
    fn begin_anew(&mut self) {
        self.next = 0;
    }
}

fn main() {
    let count: u32 = std::env::args().nth(1).and_then(|count| count.parse().ok()).expect("usage: bump N");
    let mut bump = Bump { region: Vec::with_capacity(REGION / size_of::<Pair>()), next: 0 };
    let mut sum = 0u32;
    for n in (1..=count).rev() {
        // The compiler must not see that the object is only read again here.
        let pair = black_box(bump.allocate(Pair { header: 1, a: n, b: 1 }));
        sum = sum.wrapping_add(pair.b).wrapping_add((pair.header >> 32) as u32).wrapping_add(pair.a & 1);
    }
    println!("{}", sum as i32);
}
