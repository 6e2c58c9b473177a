//! `cargo xtask fuzz --long MINUTES`: all tests of random modules, images and mutants. The [`parts`] share the time, without that of building
//! them. Each part runs again and again with other seeds until its time is over. The other parts run even if one finds a fault; the command then ends with
//! an error. The last lines are a table for docs/testing.md.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use super::parts::{self, Part};
use crate::project::{command_line, root, target_dir};

/// After this number of findings, a part is not run again.
const ENOUGH: usize = 3;
/// The time limit of a run, as a multiple of the time that it should take, and an addition. The speed of the machine may change.
const PATIENCE: (u32, Duration) = (4, Duration::from_secs(300));
/// How many times the work of the previous run a run may do.
const GROWTH: f64 = 8.0;
/// Lines of a failure that are shown.
const SHOWN: usize = 15;

/// What a part did.
struct Row {
    name: String,
    seeds: String,
    count: String,
    time: Duration,
    findings: Vec<PathBuf>,
}

/// Where logs and findings go.
pub fn folder() -> PathBuf {
    target_dir().join("campaign")
}

/// Runs all parts except the unwanted ones, from this seed, or from a new one.
pub fn main(minutes: f64, seed: Option<u64>, without: &[String]) -> Result<()> {
    let seed = match seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?.as_secs(),
    };
    fs::create_dir_all(folder()).with_context(|| folder().display().to_string())?;
    println!("seed {seed}; logs and findings: {}", folder().display());
    let (parts, left_out) = parts::all(without)?;
    ensure!(!parts.is_empty(), "no part is left");
    let total: u32 = parts.iter().map(|part| part.weight).sum();
    let mut rows = Vec::new();
    for part in &parts {
        let share = minutes * 60.0 * f64::from(part.weight) / f64::from(total);
        rows.push(run(part, seed, Duration::from_secs_f64(share))?);
    }
    for what in &left_out {
        println!("left out: {what}");
    }
    println!("\n{}", table(&rows, minutes)?);
    let found: usize = rows.iter().map(|row| row.findings.len()).sum();
    if found > 0 {
        bail!("{found} findings, in {}", folder().display());
    }
    Ok(())
}

/// Runs a part until its time is over.
fn run(part: &Part, seed: u64, share: Duration) -> Result<Row> {
    println!("\n=== {}: {}, for {:.0} s, seed {seed}", part.name, part.what, share.as_secs_f64());
    let start = Instant::now();
    let (mut next, mut count, mut done, mut findings) = (seed, part.first, 0, Vec::new());
    while findings.len() < ENOUGH {
        let left = share.saturating_sub(start.elapsed());
        let (count_of_run, command) = (part.command)(next, count, left.as_secs().max(1));
        let log = folder().join(format!("{}-{next}.log", part.name));
        let began = Instant::now();
        let failure = until(command, &log, left * PATIENCE.0 + PATIENCE.1)?;
        let text = fs::read_to_string(&log).unwrap_or_default();
        // Some programs decide how many they make, and print it.
        let made = count_of_run.or_else(|| (part.counted)(&text)).unwrap_or(0);
        done += made;
        next += made.max(1);
        if let Some(failure) = failure {
            let finding = folder().join(format!("finding-{}-{}.log", part.name, next - made.max(1)));
            fs::rename(&log, &finding)?;
            println!("FOUND: {failure}: {}", finding.display());
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(SHOWN)..].iter().for_each(|line| println!("    {line}"));
            findings.push(finding);
        }
        let left = share.saturating_sub(start.elapsed()).as_secs_f64();
        let took = began.elapsed().as_secs_f64().max(0.01);
        count = (count as f64 * (left / took).min(GROWTH)) as u64;
        // For so few, the start of the program takes too long.
        if count < part.first / 10 + 1 {
            break;
        }
    }
    let time = start.elapsed();
    println!("{done} {}, {:.0} s, {} findings", part.unit, time.as_secs_f64(), findings.len());
    let seeds = format!("{seed} to {}", next - 1);
    Ok(Row { name: part.name.clone(), seeds, count: format!("{done} {}", part.unit), time, findings })
}

/// Runs a command whose output goes to a file. Returns why it failed, if it did.
fn until(mut command: Command, log: &PathBuf, limit: Duration) -> Result<Option<String>> {
    let mut file = File::create(log).with_context(|| log.display().to_string())?;
    let vars = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={} ", name.to_string_lossy(), value?.to_string_lossy())));
    writeln!(file, "{}{}", vars.collect::<String>(), command_line(&command))?;
    command.current_dir(root()).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", command_line(&command)))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() { None } else { Some(status.to_string()) });
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(Some("did not end".into()));
        }
        sleep(Duration::from_millis(20));
    }
}

/// The lines for docs/testing.md.
fn table(rows: &[Row], minutes: f64) -> Result<String> {
    let git = |arguments: &[&str]| -> String {
        let output = Command::new("git").args(arguments).current_dir(root()).output();
        output.map_or("unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]);
    let changed = if git(&["status", "--porcelain", "--untracked-files=no"]).is_empty() { "" } else { " and changes" };
    let date = String::from_utf8(Command::new("date").arg("+%Y-%m-%d").output().context("date")?.stdout)?;
    let date = date.trim();
    let mut table = String::from("| date | commit | of minutes | part | seeds | made | seconds | findings |\n");
    table += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for row in rows {
        let Row { name, seeds, count, time, findings } = row;
        let seconds = time.as_secs();
        let found = findings.len();
        table +=
            &format!("| {date} | {commit}{changed} | {minutes} | {name} | {seeds} | {count} | {seconds} | {found} |\n");
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_fails_or_does_not_end_is_told_with_its_output() {
        let log = std::env::temp_dir().join(format!("campaign-{}.log", std::process::id()));
        let minute = Duration::from_secs(60);
        assert_eq!(until(shell("exit 0"), &log, minute).unwrap(), None);
        assert_eq!(until(shell("echo said; exit 3"), &log, minute).unwrap().unwrap(), "exit status: 3");
        let said = fs::read_to_string(&log).unwrap();
        assert_eq!(said, "sh -c echo said; exit 3\nsaid\n");
        assert_eq!(until(shell("sleep 60"), &log, Duration::from_millis(50)).unwrap().unwrap(), "did not end");
        fs::remove_file(log).unwrap();
    }

    fn part(name: &str, script: &'static str, runs: &Arc<Mutex<Vec<(u64, u64)>>>) -> Part {
        let runs = runs.clone();
        let command = move |seed, count, _| {
            runs.lock().unwrap().push((seed, count));
            (Some(count), shell(script))
        };
        let name = format!("{name}-{}", std::process::id());
        Part { name, what: "", unit: "things", weight: 1, first: 10, command: Box::new(command), counted: |_| None }
    }

    #[test]
    fn part_without_time_is_run_once() {
        fs::create_dir_all(folder()).unwrap();
        let runs = Arc::default();
        let row = run(&part("once", "exit 0", &runs), 7, Duration::ZERO).unwrap();
        assert_eq!(*runs.lock().unwrap(), [(7, 10)]);
        assert_eq!((row.seeds.as_str(), row.count.as_str()), ("7 to 16", "10 things"));
        assert!(row.findings.is_empty());
    }

    #[test]
    fn part_that_fails_goes_on_behind_its_last_seed_until_there_are_enough_findings() {
        fs::create_dir_all(folder()).unwrap();
        let runs = Arc::default();
        let row = run(&part("enough", "exit 1", &runs), 7, Duration::from_secs(600)).unwrap();
        let runs = runs.lock().unwrap();
        assert_eq!((row.findings.len(), runs.len()), (ENOUGH, ENOUGH));
        assert_eq!(runs[0], (7, 10));
        assert!(runs.windows(2).all(|two| two[0].0 + two[0].1 == two[1].0));
        for finding in row.findings {
            fs::remove_file(finding).unwrap();
        }
    }
}
