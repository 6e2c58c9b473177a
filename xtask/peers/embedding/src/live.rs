//! What many instances and many stores take that live at the same time. Each scene is a process of its own.

use std::error::Error;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::measure::{Nanoseconds, cpu_time, median};
use crate::{ENGINES, ours, theirs};

struct Scene {
    name: &'static str,
    count: usize,
    run: fn(ours: bool, count: usize) -> Box<dyn Alive>,
}

/// What keeps everything alive until it is dropped.
trait Alive {}
impl<T> Alive for T {}

const SCENES: &[Scene] = &[
    Scene {
        name: "1,000 instances in a store",
        count: 1_000,
        run: |ours, count| match ours {
            true => Box::new(ours::programs::many_instances(count)),
            false => Box::new(theirs::programs::many_instances(count)),
        },
    },
    Scene { name: "10,000 live stores", count: 10_000, run: |ours, count| stores(ours, count, false) },
    Scene { name: "10,000 live stores, each called", count: 10_000, run: |ours, count| stores(ours, count, true) },
];

fn stores(ours: bool, count: usize, called: bool) -> Box<dyn Alive> {
    match ours {
        true => Box::new(ours::programs::many_stores(count, called)),
        false => Box::new(theirs::programs::many_stores(count, called)),
    }
}

/// What one scene took: the time to make and to drop, in nanoseconds for each; resident bytes; mappings.
struct Taken {
    make: f64,
    drop: f64,
    resident: f64,
    mappings: f64,
}

/// Runs a scene in this process, and prints what it took.
pub fn child(scene: &str, engine: &str) -> ExitCode {
    let Some(scene) = SCENES.iter().find(|known| known.name == scene) else { return ExitCode::from(2) };
    let each = |start: Duration| (cpu_time() - start).as_nanos() as f64 / scene.count as f64;
    let before = resident();
    let start = cpu_time();
    let all = (scene.run)(engine == ENGINES[0], scene.count);
    let make = each(start);
    let (resident, mappings) = (resident() - before, mappings());
    let start = cpu_time();
    drop(all);
    println!("{make} {} {resident} {mappings}", each(start));
    ExitCode::SUCCESS
}

fn resident() -> f64 {
    const PAGE: f64 = 4096.0;
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<f64> = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(f64::NAN, |pages| pages * PAGE)
}

fn mappings() -> f64 {
    fs::read_to_string("/proc/self/maps").map_or(f64::NAN, |maps| maps.lines().count() as f64)
}

fn run(scene: &Scene, engine: &str) -> Result<Taken, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?).args(["live", scene.name, engine]).output()?;
    if !output.status.success() {
        return Err(format!("{}: {engine}: {}", scene.name, String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let numbers = text.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    match numbers[..] {
        [make, drop, resident, mappings] => Ok(Taken { make, drop, resident, mappings }),
        _ => Err(format!("{}: {engine} printed {text}", scene.name).into()),
    }
}

/// Prints a table of all scenes. The engines run in turn.
pub fn table(rounds: usize, filter: &str) -> Result<(), Box<dyn Error>> {
    println!("\n| | engine | make each | drop each | resident | mappings |\n| --- | --- | ---: | ---: | ---: | ---: |");
    for scene in SCENES.iter().filter(|scene| scene.name.contains(filter)) {
        let mut taken = [const { Vec::new() }; 2];
        for _ in 0..rounds {
            for (engine, taken) in ENGINES.iter().zip(&mut taken) {
                taken.push(run(scene, engine)?);
            }
        }
        for (engine, taken) in ENGINES.iter().zip(taken) {
            let of = |field: fn(&Taken) -> f64| median(taken.iter().map(field).collect());
            println!(
                "| {} | {engine} | {} | {} | {:.1} MB | {} |",
                scene.name,
                Nanoseconds(of(|it| it.make)),
                Nanoseconds(of(|it| it.drop)),
                of(|it| it.resident) / 1e6,
                of(|it| it.mappings),
            );
        }
    }
    Ok(())
}
