//! The inner process: the first in its namespaces. It builds the filesystem, runs the program and watches it; when it
//! ends, the kernel ends every process that is left.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;

use super::capture::Watch;
use super::entry::read_job;
use super::filter::Place;
use super::opens::Opens;
use super::{Ended, Job, Keep, ProcessOutcome, filter, mounts, rlimits};
use crate::engine::namespace::usage::{Usage, process_ids};
use crate::engine::namespace::user::{USER, counts_per_namespace, map_user, processes_of_user};

/// Runs the job from standard input. `user` is the user id for the program; without one, this process is root in a
/// user namespace that maps nobody else.
pub(super) fn run(user: Option<u32>) -> Result<ProcessOutcome, String> {
    let job = read_job()?;
    // The machine's processes are not to be seen any more once the filesystem is built.
    let others = if user.is_some() || counts_per_namespace() { 0 } else { processes_of_user() };
    // Folders on the way to a mount are the program's own where they lie in a temporary folder.
    umask(Mode::empty());
    let layer = mounts::build(&job, user)?;
    job.keep.as_ref().map_or(Ok(()), Keep::lay)?;
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    let _ = nix::unistd::sethostname("cell");
    if user.is_none() {
        // In a second user namespace the program is an ordinary user, with no power over the first one's mounts.
        unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| format!("no second user namespace: {errno}"))?;
        map_user(USER, 0, USER, 0)?;
    }
    rlimits::set(&job.limits, others)?;
    filter::apply(Place::Namespaces)?;
    let watched = job.layer.as_ref().filter(|layer| layer.watch);
    let opens = watched.and_then(|layer| Opens::below(Path::new(&layer.target)));
    let mut outcome = match spawn(&job, user) {
        Ok(child) => watch(&job, child)?,
        Err(error) => ProcessOutcome {
            ended: Ended::NotStarted,
            stdout: Vec::new(),
            stderr: error.into_bytes(),
            ..ProcessOutcome::default()
        },
    };
    outcome.tried_network = tried_network();
    if job.keep.is_some() || job.layer.is_some() {
        // Everything else in this namespace ends, so that nothing changes while it is read.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    }
    outcome.opened = opens.and_then(Opens::paths);
    if let Some(keep) = &job.keep {
        outcome.kept = keep.collect();
    }
    if let (Some(layer), Some(place)) = (&job.layer, &layer) {
        outcome.changed = layer.collect(place);
    }
    Ok(outcome)
}

fn spawn(job: &Job, user: Option<u32>) -> Result<Child, String> {
    let mut command = Command::new(&job.shell);
    command
        .args(["-c", &job.command])
        .env_clear()
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&job.cwd)
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(user) = user {
        command.uid(user).gid(job.layer.as_ref().and_then(|layer| layer.group).unwrap_or(user));
    }
    command.spawn().map_err(|error| format!("{}: {error}", job.shell))
}

fn watch(job: &Job, mut child: Child) -> Result<ProcessOutcome, String> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("the program has no output".into());
    };
    // The program's input must end when its last reader is gone, so this process must not be one.
    let null = fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    nix::unistd::dup2_stdin(null).map_err(|errno| format!("/dev/null: {errno}"))?;
    let watch = Watch {
        program: Pid::from_raw(child.id().cast_signed()),
        parent: nix::unistd::getppid(),
        stdout: OwnedFd::from(stdout).into(),
        stderr: OwnedFd::from(stderr).into(),
        limits: job.limits,
        usage: &|| Usage::of(&all_processes()),
    };
    Ok(watch.run())
}

/// Every process of this namespace but this one.
fn all_processes() -> Vec<i32> {
    process_ids().filter(|pid| *pid != 1).collect()
}

/// Did anything look for a way out of this network, which has none? The kernel counts that.
fn tried_network() -> bool {
    let count = |file: &str, find: &dyn Fn(&str) -> Option<u64>| {
        fs::read_to_string(file).ok().and_then(|text| find(&text)).unwrap_or(0)
    };
    let four = count("/proc/self/net/snmp", &|text| {
        let mut lines = text.lines().filter(|line| line.starts_with("Ip:"));
        let at = lines.next()?.split_ascii_whitespace().position(|name| name == "OutNoRoutes")?;
        lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
    });
    let six = count("/proc/self/net/snmp6", &|text| {
        let line = text.lines().find(|line| line.starts_with("Ip6OutNoRoutes"))?;
        line.split_ascii_whitespace().nth(1)?.parse().ok()
    });
    four + six > 0
}
