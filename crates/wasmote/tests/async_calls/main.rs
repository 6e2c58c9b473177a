//! Calls and host functions that are futures.

mod deadlines;
mod fuel;
#[path = "../resumable/modes.rs"]
mod modes;

use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use modes::{MODES, Mode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, Notify};
use wasmote::{
    Caller, Engine, Error, Exception, ExternRef, Func, FuncType, Instance, Linker, Store, StoreContextMut, Tag,
    TagType, Then, TrapCode, Val, ValType,
};

fn block_on<R>(future: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Polls a future once.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future until it is ready. Returns how often it was pending.
fn count_yields<R>(future: impl Future<Output = R>) -> (R, u64) {
    let (mut future, mut yields) = (pin!(future), 0);
    loop {
        match poll_once(future.as_mut()) {
            Poll::Ready(result) => return (result, yields),
            Poll::Pending => yields += 1,
        }
    }
}

fn instantiate<T>(mode: Mode, linker: &Linker<T>, data: T, text: &str) -> (Store<T>, Instance) {
    let mut store = Store::new(linker.engine(), data);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let instance = linker.instantiate(&mut store, &mode.module(linker.engine(), text)).unwrap();
    (store, instance)
}

/// The two ends of a pipe that a guest has.
struct Pipes {
    input: Arc<Mutex<UnboundedReceiver<i64>>>,
    output: UnboundedSender<i64>,
}

/// Sends each number plus one to the other guest, and waits for its number.
const PLAYER: &str = r#"(module
    (import "host" "send" (func $send (param i64)))
    (import "host" "receive" (func $receive (result i64)))
    (func $round (param i64) (result i64)
        (call $send (i64.add (local.get 0) (i64.const 1)))
        (call $receive))
    (func (export "play") (param i32 i64) (result i64)
        (loop
            (local.set 1 (call $round (local.get 1)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

#[test]
fn two_guests_wait_for_each_other_on_one_thread() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<Pipes>::new(&engine);
        let send = |caller: Caller<'_, Pipes>, x: i64| caller.data().output.send(x).map_err(Error::host);
        linker.func_wrap("host", "send", send).unwrap();
        let receive = |caller: Caller<'_, Pipes>, (): ()| {
            let input = caller.data().input.clone();
            async move { input.lock().await.recv().await.ok_or(Error::new("the other guest has gone")) }
        };
        linker.func_wrap_async("host", "receive", receive).unwrap();
        let (to_a, from_b) = unbounded_channel();
        let (to_b, from_a) = unbounded_channel();
        let play = async |input, output| {
            let pipes = Pipes { input: Arc::new(Mutex::new(input)), output };
            let (mut store, instance) = instantiate(mode, &linker, pipes, PLAYER);
            let play = instance.get_typed_func::<(i32, i64), i64>(&store, "play")?;
            play.call_async(&mut store, (100, 0)).await
        };
        let (a, b) = block_on(async { both(play(from_b, to_b), play(from_a, to_a)).await });
        assert_eq!((a.unwrap(), b.unwrap()), (100, 100), "{mode:?}");
    }
}

/// Waits for two futures.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    std::future::poll_fn(|context| {
        if of_a.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            of_a = Some(value);
        }
        if of_b.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            of_b = Some(value);
        }
        if of_a.is_some() && of_b.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (of_a.unwrap(), of_b.unwrap())
}

#[test]
fn tasks_of_an_executor_run_guests() {
    let engine = Mode::Lazy.engine();
    let mut linker = Linker::<i64>::new(&engine);
    let wait = |mut caller: Caller<'_, i64>, (): ()| {
        *caller.data_mut() += 1;
        let rounds = *caller.data();
        async move {
            for _ in 0..rounds {
                tokio::task::yield_now().await;
            }
            rounds
        }
    };
    linker.func_wrap_async("host", "receive", wait).unwrap();
    linker.func_wrap("host", "send", |_: i64| ()).unwrap();
    block_on(async {
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let (mut store, instance) = instantiate(Mode::Lazy, &linker, number, PLAYER);
                let play = instance.get_typed_func::<(i32, i64), i64>(&store, "play").unwrap();
                tokio::spawn(async move { play.call_async(&mut store, (5, 0)).await.unwrap() })
            })
            .collect();
        for (number, task) in (0..).zip(tasks) {
            assert_eq!(task.await.unwrap(), number + 5);
        }
    });
}

const WAITING: &str = r#"(module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
        (i32.add (call $wait (local.get 0)) (call $wait (i32.add (local.get 0) (i32.const 1))))))"#;

#[test]
fn a_future_that_is_dropped_leaves_the_store_usable() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<Arc<Notify>>::new(&engine);
        let held = Arc::new(());
        let value = held.clone();
        let wait = move |caller: Caller<'_, Arc<Notify>>, x: i32| {
            let (notify, value) = (caller.data().clone(), value.clone());
            async move {
                notify.notified().await;
                drop(value);
                x
            }
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
        let notify = Arc::new(Notify::new());
        let (mut store, instance) = instantiate(mode, &linker, notify.clone(), WAITING);
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        for _ in 0..3 {
            {
                let mut call = pin!(f.call_async(&mut store, 1));
                assert!(poll_once(call.as_mut()).is_pending());
                notify.notify_one();
                // The first future was ready, and the second is not.
                assert!(poll_once(call.as_mut()).is_pending());
                assert_eq!(Arc::strong_count(&held), 3);
            }
            assert_eq!(Arc::strong_count(&held), 2);
            let mut call = pin!(f.call_async(&mut store, 20));
            for _ in 0..2 {
                assert!(poll_once(call.as_mut()).is_pending());
                notify.notify_one();
            }
            let Poll::Ready(Ok(result)) = poll_once(call.as_mut()) else { panic!("{mode:?}") };
            assert_eq!(result, 41, "{mode:?}");
        }
        // One that never ran leaves nothing, either.
        drop(f.call_async(&mut store, 1));
        drop((store, linker));
        assert_eq!(Arc::strong_count(&held), 1, "{mode:?}");
    }
}

/// The future of a call can be sent to another thread, if the data can.
#[test]
fn futures_of_calls_are_send() {
    fn is_send<F: Future + Send>(_: &F) {}
    let linker = Linker::<u32>::new(&Engine::default());
    let mut store = Store::new(linker.engine(), 0);
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let f = Func::wrap_async(&mut store, |_, x: i32| async move { x + 1 });
    let typed = f.typed::<i32, i32>(&store).unwrap();
    is_send(&typed.call_async(&mut store, 1));
    is_send(&f.call_async(&mut store, &[], &mut []));
    let module = Mode::Lazy.module(linker.engine(), "(module)");
    is_send(&linker.instantiate_async(&mut store, &module));
    is_send(&Instance::new_async(&mut store, &module, &[]));
    assert_eq!(block_on(typed.call_async(&mut store, 1)).unwrap(), 2);
    // Without an executor, and with data that stays in its thread.
    let mut store = Store::new(linker.engine(), Rc::new(1));
    // An error if the engine does not meter code.
    let _ = store.set_fuel(u64::MAX);
    let f = Func::wrap_async(&mut store, |caller: Caller<'_, Rc<i32>>, ()| std::future::ready(**caller.data()));
    let typed = f.typed::<(), i32>(&store).unwrap();
    assert!(matches!(poll_once(pin!(typed.call_async(&mut store, ()))), Poll::Ready(Ok(1))));
}

#[test]
fn a_start_function_can_wait() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<i32>::new(&engine);
        let wait = |_: Caller<'_, i32>, x: i32| async move {
            tokio::task::yield_now().await;
            Then(move |mut store: StoreContextMut<'_, i32>| *store.data_mut() += x)
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
        let text = r#"(module (import "host" "wait" (func $wait (param i32)))
            (func $start (call $wait (i32.const 40)) (call $wait (i32.const 2))) (start $start))"#;
        let module = mode.module(&engine, text);
        let mut store = Store::new(&engine, 0);
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert!(error.to_string().starts_with("a host function suspended a call that is not resumable"), "{error}");
        block_on(linker.instantiate_async(&mut store, &module)).unwrap();
        assert_eq!(*store.data(), 42, "{mode:?}");
        let wait = linker.get(&mut store, "host", "wait").unwrap();
        block_on(Instance::new_async(&mut store, &module, &[wait])).unwrap();
        assert_eq!(*store.data(), 84, "{mode:?}");
        let missing = mode.module(&engine, r#"(module (import "host" "missing" (func)))"#);
        let error = block_on(linker.instantiate_async(&mut store, &missing)).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }
}

#[test]
fn only_asynchronous_calls_wait() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap_async("host", "wait", |_: Caller<'_, ()>, x: i32| async move { x }).unwrap();
    let (mut store, instance) = instantiate(Mode::Lazy, &linker, (), WAITING);
    let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
    let words = "a host function suspended a call that is not resumable";
    assert!(f.call(&mut store, 1).unwrap_err().to_string().starts_with(words));
    // A host function in between calls wasm in a call of its own.
    let between = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| f.call(&mut caller, 1));
    let between = between.typed::<(), i32>(&store).unwrap();
    let error = block_on(between.call_async(&mut store, ())).unwrap_err();
    assert!(error.to_string().starts_with(words), "{error}");
    // A host function that has no future waits for something else.
    let by_hand = Func::wrap(&mut store, |caller: Caller<'_, ()>| -> Result<(), Error> { Err(caller.suspend_with(1)) });
    let error = block_on(by_hand.call_async(&mut store, &[], &mut [])).unwrap_err();
    assert!(error.to_string().starts_with(words), "{error}");
    assert_eq!(block_on(f.call_async(&mut store, 1)).unwrap(), 3);
}

#[test]
fn a_future_can_fail_or_throw() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<()>::new(&engine);
        let mut store = Store::new(&engine, ());
        // An error if the engine does not meter code.
        let _ = store.set_fuel(u64::MAX);
        let tag = Tag::new(&mut store, &TagType::new(FuncType::new([ValType::I32], [])));
        linker.define("host", "tag", tag).unwrap();
        let wait = move |_: Caller<'_, ()>, x: i32| async move {
            tokio::task::yield_now().await;
            match x {
                1 => Err(Exception::new(tag, [Val::I32(40)]).into()),
                2 => Err(TrapCode::UnreachableCodeReached.into()),
                3 => Err(Error::host("no")),
                x => Ok(x),
            }
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
        let text = r#"(module
            (import "host" "tag" (tag $tag (param i32)))
            (import "host" "wait" (func $wait (param i32) (result i32)))
            (func (export "f") (param i32) (result i32)
                (i32.add (call $wait (i32.const 5)) (block $caught (result i32)
                    (try_table (catch $tag $caught) (return (call $wait (local.get 0))))
                    (unreachable)))))"#;
        let instance = linker.instantiate(&mut store, &mode.module(&engine, text)).unwrap();
        let f = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        let mut call = |x| block_on(f.call_async(&mut store, x));
        assert_eq!((call(0).unwrap(), call(1).unwrap()), (0, 45), "{mode:?}");
        assert_eq!(call(2).unwrap_err().as_trap_code().unwrap(), TrapCode::UnreachableCodeReached);
        assert!(call(3).unwrap_err().to_string().starts_with("no"));
    }
}

#[test]
fn values_and_references_arrive() {
    for &mode in MODES {
        let engine = mode.engine();
        let mut linker = Linker::<()>::new(&engine);
        let make = |_: Caller<'_, ()>, x: i32| async move {
            tokio::task::yield_now().await;
            Ok(Then(move |store: StoreContextMut<'_, ()>| Some(ExternRef::new(store, x))))
        };
        linker.func_wrap_async("host", "make", make).unwrap();
        let ty = FuncType::new([ValType::I32], [ValType::I64, ValType::F32]);
        let values = |_: Caller<'_, ()>, args: &[Val]| {
            let x = args[0].i32().unwrap();
            async move {
                Ok(match x {
                    0 => vec![],
                    1 => vec![Val::I64(1), Val::F64(2.0)],
                    x => vec![Val::I64(x.into()), Val::F32(0.5)],
                })
            }
        };
        linker.func_new_async("host", "values", ty, values).unwrap();
        let text = r#"(module
            (import "host" "make" (func $make (param i32) (result externref)))
            (import "host" "values" (func $values (param i32) (result i64 f32)))
            (func (export "make") (result externref externref)
                (call $make (i32.const 1)) (call $make (i32.const 2)))
            (func (export "values") (param i32) (result i64 f32) (call $values (local.get 0))))"#;
        let (mut store, instance) = instantiate(mode, &linker, (), text);
        type Two = (Option<ExternRef>, Option<ExternRef>);
        let make = instance.get_typed_func::<(), Two>(&store, "make").unwrap();
        let (one, two) = block_on(make.call_async(&mut store, ())).unwrap();
        let data = |it: Option<ExternRef>| *it.unwrap().data(&store).downcast_ref::<i32>().unwrap();
        assert_eq!((data(one), data(two)), (1, 2), "{mode:?}");
        let values = instance.get_func(&store, "values").unwrap();
        let mut results = [Val::I32(0); 2];
        block_on(values.call_async(&mut store, &[Val::I32(9)], &mut results)).unwrap();
        assert_eq!(results, [Val::I64(9), Val::F32(0.5)], "{mode:?}");
        for wrong in [0, 1] {
            let error = block_on(values.call_async(&mut store, &[Val::I32(wrong)], &mut results)).unwrap_err();
            assert!(error.to_string().starts_with("a host function returned values of other types"), "{error}");
        }
    }
}
