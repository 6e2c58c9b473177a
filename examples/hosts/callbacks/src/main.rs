//! A module and its host call each other: the host sorts numbers, and asks the guest how two of them compare.
//!
//! ```text
//! 9 > 7 > 5 > 3 > 1
//! the guest compared 10 times
//! ```

use std::cmp::Ordering;

use wasmote::{Caller, Engine, Error, Func, Linker, Module, Store, TypedFunc};

/// What the host keeps for this guest: host functions reach it through their caller.
#[derive(Default)]
struct State {
    numbers: Vec<i32>,
    comparisons: u32,
}

/// Sorts the numbers by a function of the guest. A failure of that function is a failure of this one.
fn sort_by(mut caller: Caller<'_, State>, compare: Option<Func>) -> Result<(), Error> {
    let compare = compare.ok_or_else(|| Error::new("no function to compare with"))?;
    let compare: TypedFunc<(i32, i32), i32> = compare.typed(&caller)?;
    let mut numbers = std::mem::take(&mut caller.data_mut().numbers);
    // A guest's order may contradict itself, so this does not depend on it.
    for end in (1..numbers.len()).rev() {
        for i in 0..end {
            caller.data_mut().comparisons += 1;
            let ordering = compare.call(&mut caller, (numbers[i], numbers[i + 1]))?.cmp(&0);
            if ordering == Ordering::Greater {
                numbers.swap(i, i + 1);
            }
        }
    }
    caller.data_mut().numbers = numbers;
    Ok(())
}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("sorter.wat"))?;
    let mut linker = Linker::<State>::new(&engine);
    linker.func_wrap("host", "push", |mut caller: Caller<'_, State>, x: i32| caller.data_mut().numbers.push(x))?;
    linker.func_wrap("host", "sort_by", sort_by)?;
    let mut store = Store::new(&engine, State::default());
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
    let numbers: Vec<String> = store.data().numbers.iter().map(i32::to_string).collect();
    println!("{}", numbers.join(" > "));
    println!("the guest compared {} times", store.data().comparisons);
    Ok(())
}
