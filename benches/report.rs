//! How fast a report of many tasks is made again from `report.json`, and in how much memory.
//!
//! `cargo bench --bench report` takes the tasks of the committed report of the release reviewer, again and again under
//! new names, until there are 10,000 (or as many as `PLUGIN_EVAL_TASKS` says), and renders every format of them.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use plugin_eval::report::{Format, render_again};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FORMATS: [(&str, Format); 7] = [
    ("index.html", Format::Html),
    ("junit.xml", Format::Junit),
    ("results.sarif", Format::Sarif),
    ("calls.csv", Format::Calls),
    ("tasks.csv", Format::Tasks),
    ("approvals.csv", Format::Approvals),
    ("gate.md", Format::Markdown),
];

/// Counts what is written to it.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes a report of `count` tasks; gives its bytes.
fn write(path: &Path, count: usize) -> u64 {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/release-reviewer/report.json");
    let source = std::fs::read_to_string(source).unwrap();
    let (head, rest) = source.split_once("\"tasks\": [\n").unwrap();
    let (tasks, tail) = rest.split_once("\n],\n").unwrap();
    let tasks: Vec<_> = tasks.lines().map(|line| line.trim_end_matches(',')).collect();
    let mut out = BufWriter::new(File::create(path).unwrap());
    write!(out, "{head}\"tasks\": [").unwrap();
    for (at, task) in tasks.iter().cycle().take(count).enumerate() {
        let between = if at == 0 { "\n" } else { ",\n" };
        let named = task.strip_prefix("{\"name\":\"").unwrap();
        write!(out, "{between}{{\"name\":\"{at:06}-{named}").unwrap();
    }
    write!(out, "\n],\n{tail}").unwrap();
    out.into_inner().unwrap().metadata().unwrap().len()
}

/// The most memory that this process had, in MB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn main() {
    let count = std::env::var("PLUGIN_EVAL_TASKS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("report.json");
    let bytes = write(&path, count);
    println!("{count} tasks, {:.0} MB of report.json", bytes as f64 / 1e6);
    let mut all = 0.0;
    for (name, format) in FORMATS {
        let mut out = Count(0);
        let begun = Instant::now();
        render_again(&path, format, &mut out).unwrap();
        let spent = begun.elapsed().as_secs_f64();
        all += spent;
        println!("{name:14} {spent:5.2} s, {:6.1} MB written", out.0 as f64 / 1e6);
    }
    println!("all            {all:5.2} s, {} MB of memory at most", peak().unwrap_or(0));
}
