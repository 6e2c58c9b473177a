//! Structures of the garbage collector: the host makes a list, and the guest adds it up.
//!
//! ```text
//! the sum of 1, 2, 3, 4 is 10
//! the last one was changed to 40: the sum is 46
//! ```

use wasmote::{AnyRef, Engine, Error, Instance, Module, Store, StructRef, StructType, Val};

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("list.wat"))?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let sum = instance.get_func(&store, "sum").ok_or_else(|| Error::new("there is no function \"sum\""))?;
    // The guest's type of list nodes, which the type of the function's parameter names.
    let node = StructType::of(&engine, sum.ty(&store).params()[0]).ok_or_else(|| Error::new("not a structure"))?;

    let mut list: Option<AnyRef> = None;
    let mut last: Option<StructRef> = None;
    for number in (1..=4).rev() {
        let made = StructRef::new(&mut store, &node, &[Val::I32(number), Val::AnyRef(list)])?;
        last.get_or_insert(made);
        list = Some(made.into());
    }
    let mut results = [Val::I32(0)];
    sum.call(&mut store, &[Val::AnyRef(list)], &mut results)?;
    println!("the sum of 1, 2, 3, 4 is {}", results[0].unwrap_i32());

    // What the host holds stays alive, and both see the same object.
    if let Some(last) = last {
        last.set_field(&mut store, 0, Val::I32(40))?;
    }
    sum.call(&mut store, &[Val::AnyRef(list)], &mut results)?;
    println!("the last one was changed to 40: the sum is {}", results[0].unwrap_i32());
    Ok(())
}
