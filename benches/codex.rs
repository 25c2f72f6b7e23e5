//! What the Codex engine adds to the CLI's own time: `cargo bench --bench codex`, with the CLI installed.
//!
//! Every task of the bundled suite with one prompt is played to a bare `codex exec`, to an engine that starts a server
//! for it, and to one whose servers are warm; the three take turns, so that a busy machine slows all of them.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot set up should panic"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use plugin_eval::engine::HookSettings;
use plugin_eval::engine::codex::{CodexEngine, CodexProgram, CodexSettings};
use plugin_eval::plugin::Plugin;
use plugin_eval::suite::{Suite, Task};

fn main() {
    let mut findings = Vec::new();
    let mut suite = Suite::load(Path::new("suites/release-reviewer"), &mut findings).unwrap();
    suite.stages.truncate(suite.current + 1);
    let plugin = Plugin::load(&suite.plugin, &mut findings).unwrap();
    let settings = CodexSettings {
        binary: env!("CARGO_BIN_EXE_plugin-eval").into(),
        program: CodexProgram::find(None).unwrap(),
        limit: Duration::from_mins(2),
        thorough: false,
    };
    let engine =
        || CodexEngine::new(&suite, &plugin, &HookSettings::default(), settings.clone(), &mut Vec::new());
    let tasks: Vec<Task> =
        (0..suite.task_count()).map(|at| suite.task(at).unwrap()).filter(is_simple).collect();
    let warm = engine();
    warm.replay(&tasks[0]).unwrap();
    let (mut bare, mut cold, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for task in &tasks {
        bare.push(warm.time_bare_exec(task).unwrap());
        let fresh = engine();
        cold.push(time(|| drop(fresh.replay(task).unwrap())));
        shared.push(time(|| drop(warm.replay(task).unwrap())));
    }
    let [bare, cold, shared] =
        [bare, cold, shared].map(|times| times.iter().sum::<Duration>() / times.len() as u32);
    println!("{} tasks, mean wall time each", tasks.len());
    println!("bare codex exec        {bare:>8.0?}");
    println!("engine, a server each  {cold:>8.0?}  {:.2} x", ratio(cold, bare));
    println!("engine, warm server    {shared:>8.0?}  {:.2} x", ratio(shared, bare));
}

/// One prompt and one session: what a single `codex exec` can play.
fn is_simple(task: &Task) -> bool {
    let text = std::fs::read_to_string(&task.sessions[0].path).unwrap_or_default();
    task.sessions.len() == 1 && text.matches("\"type\":\"turn_context\"").count() == 1
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
