//! Two guests play ping-pong on one thread. Each waits for the other in an asynchronous host function.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use wasmote::{Caller, Engine, Error, Linker, Module, Store};

const PLAYER: &str = r#"(module
    (import "ball" "hit" (func $hit (param i32)))
    (import "ball" "wait" (func $wait (result i32)))
    (func (export "play") (param $serves i32) (result i32) (local $ball i32)
        (if (local.get $serves) (then (call $hit (i32.const 1))))
        (loop $rally
            (local.set $ball (call $wait))
            (call $hit (i32.add (local.get $ball) (i32.const 1)))
            (br_if $rally (i32.lt_u (local.get $ball) (i32.const 9))))
        (local.get $ball)))"#;

/// What a player's store has.
struct Player {
    name: &'static str,
    incoming: Arc<Mutex<Receiver<i32>>>,
    outgoing: Sender<i32>,
}

async fn play(linker: &Linker<Player>, module: &Module, player: Player, serves: i32) -> Result<(), Error> {
    let name = player.name;
    let mut store = Store::new(linker.engine(), player);
    let instance = linker.instantiate_async(&mut store, module).await?;
    let last = instance.get_typed_func::<i32, i32>(&store, "play")?.call_async(&mut store, serves).await?;
    println!("{name} got ball {last} last");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, PLAYER)?;
    let mut linker = Linker::<Player>::new(&engine);
    linker.func_wrap_async("ball", "hit", |caller: Caller<'_, Player>, ball: i32| {
        println!("{} hits ball {ball}", caller.data().name);
        let outgoing = caller.data().outgoing.clone();
        // The other player may have gone.
        async move { outgoing.send(ball).await.unwrap_or_default() }
    })?;
    linker.func_wrap_async("ball", "wait", |caller: Caller<'_, Player>, (): ()| {
        let incoming = caller.data().incoming.clone();
        async move { incoming.lock().await.recv().await.ok_or(Error::new("the other player has gone")) }
    })?;
    let (to_ping, from_pong) = channel(1);
    let (to_pong, from_ping) = channel(1);
    let player = |name, incoming, outgoing| Player { name, incoming: Arc::new(Mutex::new(incoming)), outgoing };
    let (ping, pong) = (player("ping", from_pong, to_pong), player("pong", from_ping, to_ping));
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let (linker_of_pong, module_of_pong) = (linker.clone(), module.clone());
        let other = tokio::spawn(async move { play(&linker_of_pong, &module_of_pong, pong, 0).await });
        play(&linker, &module, ping, 1).await?;
        other.await??;
        Ok(())
    })
}
