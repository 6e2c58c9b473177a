//! One thread serves three guests that ask questions. Each waits until the host has its answer; the host takes its time.

use std::collections::VecDeque;

use wasmote::{Caller, Config, Engine, Error, Linker, Module, Store, TypedResumableCall, Val};

/// Adds the prices of a few goods, and computes a while for each.
const GUEST: &str = r#"(module
    (import "shop" "price" (func $price (param i32) (result i32)))
    (func (export "total") (param $good i32) (result i32) (local $total i32) (local $i i32)
        (loop $goods
            (local.set $total (i32.add (local.get $total) (call $price (local.get $good))))
            (local.set $i (i32.const 1000))
            (loop $compute (br_if $compute (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
            (br_if $goods (local.tee $good (i32.sub (local.get $good) (i32.const 1)))))
        (local.get $total)))"#;

/// The reason for which a guest waits.
struct Question {
    good: i32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let module = Module::new(&engine, GUEST)?;
    let mut linker = Linker::<()>::new(&engine);
    // The host function has no answer yet, so it suspends its caller.
    linker.func_wrap("shop", "price", |caller: Caller<'_, ()>, good: i32| -> Result<i32, Error> {
        Err(caller.suspend_with(Question { good }))
    })?;
    let mut store = Store::new(&engine, ());
    let mut calls = VecDeque::new();
    for goods in 1..=3 {
        store.set_fuel(1000)?;
        let instance = linker.instantiate(&mut store, &module)?;
        let total = instance.get_typed_func::<i32, i32>(&store, "total")?;
        calls.push_back((goods, total.call_resumable(&mut store, goods)?));
    }
    // The calls take turns: when one waits or has used its fuel, the next goes on.
    while let Some((goods, call)) = calls.pop_front() {
        let call = match call {
            TypedResumableCall::Finished(total) => {
                println!("{goods} goods cost {total}");
                continue;
            }
            TypedResumableCall::HostTrap(call) => {
                let good = call.value::<Question>().map_or(0, |question| question.good);
                println!("{goods} goods: the price of {good} is {}", good * 10);
                call.resume(&mut store, &[Val::I32(good * 10)])?
            }
            TypedResumableCall::OutOfFuel(call) => {
                store.set_fuel(1000)?;
                call.resume(&mut store)?
            }
        };
        calls.push_back((goods, call));
    }
    Ok(())
}
