//! The cell without namespaces: Landlock and seccomp confine the program where it is.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, Scope, path_beneath_rules,
};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid};

use super::capture::Watch;
use super::entry::read_job;
use super::filter::Place;
use super::{ARGUMENT, Job, Keep, ProcessOutcome, filter, rlimits};
use crate::engine::namespace::usage::{Usage, descendants};
use crate::engine::namespace::user::{processes_of_user, spare_user};

/// What every program may read and run.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ssl",
    "/etc/passwd",
    "/etc/group",
];
/// Devices that every program may read and write.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Starts the confined process and watches it from outside. `parent` is the process that asked, as it told itself: it may
/// be gone before this one could find out.
pub(super) fn watch(parent: Pid) -> Result<ProcessOutcome, String> {
    let job = read_job()?;
    // Orphans come to this process, so that it finds and ends them all.
    nix::sys::prctl::set_child_subreaper(true).map_err(|errno| format!("no subreaper: {errno}"))?;
    job.keep.as_ref().map_or(Ok(()), Keep::lay)?;
    let spec = Job { keep: None, layer: None, ..job.clone() };
    let spec = serde_json::to_string(&spec).map_err(|error| error.to_string())?;
    let mut command = Command::new("/proc/self/exe");
    command
        .args([ARGUMENT, "exec", &spec])
        .env_clear()
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().map_err(|error| format!("cannot be started again: {error}"))?;
    let null = fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    nix::unistd::dup2_stdin(null).map_err(|errno| format!("/dev/null: {errno}"))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("the program has no output".into());
    };
    let own = nix::unistd::getpid().as_raw();
    let watch = Watch {
        program: Pid::from_raw(child.id().cast_signed()),
        parent,
        stdout: OwnedFd::from(stdout).into(),
        stderr: OwnedFd::from(stderr).into(),
        limits: job.limits,
        usage: &|| Usage::of(&descendants(own)),
    };
    let mut outcome = watch.run();
    end_all(own);
    outcome.kept = job.keep.as_ref().map(Keep::collect).unwrap_or_default();
    let failed = outcome.stderr.strip_prefix(FAILED.as_bytes());
    match failed {
        Some(reason) => Err(String::from_utf8_lossy(reason).into_owned()),
        None => Ok(outcome),
    }
}

/// What standard error starts with when the program was not reached. A program that writes the same only harms its
/// own ruling, which becomes undetermined.
const FAILED: &str = "\u{1}plugin-eval cell: ";

/// Confines this process and becomes the program.
pub(super) fn exec(arguments: &[String]) -> u8 {
    let reason = match arguments.first().map(|spec| serde_json::from_str::<Job>(spec)) {
        Some(Ok(job)) => match user_for_program().and_then(|user| confine(&job, user).map(|()| user)) {
            Ok(user) => become_program(&job, user),
            Err(reason) => reason,
        },
        _ => "the job cannot be read".to_owned(),
    };
    let _ = nix::unistd::write(std::io::stderr(), format!("{FAILED}{reason}").as_bytes());
    70
}

fn become_program(job: &Job, user: Option<u32>) -> String {
    let mut command = Command::new(&job.shell);
    command.args(["-c", &job.command]).env_clear().current_dir(&job.cwd);
    command.envs(job.env.iter().map(|(name, value)| (name, value)));
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    format!("{}: {}", job.shell, command.exec())
}

/// The user id for the program. The kernel does not count the processes of root, so root needs one to spare.
fn user_for_program() -> Result<Option<u32>, String> {
    match spare_user() {
        _ if !geteuid().is_root() => Ok(None),
        Some(user) => Ok(Some(user)),
        None => Err("root has no user id to spare for programs".into()),
    }
}

fn confine(job: &Job, user: Option<u32>) -> Result<(), String> {
    // Counted before Landlock hides them.
    let others = if user.is_some() { 0 } else { processes_of_user() };
    let abi = ABI::V6;
    let text = |error: landlock::RulesetError| format!("landlock: {error}");
    let system: Vec<&str> = SYSTEM.to_vec();
    let mounts: Vec<_> = job.mounts.iter().map(|mount| mount.source.clone()).collect();
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(text)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .map_err(text)?
        .handle_access(AccessNet::from_all(abi))
        .map_err(text)?
        .scope(Scope::from_all(abi))
        .map_err(text)?
        .create()
        .map_err(text)?
        .add_rules(path_beneath_rules(system, AccessFs::from_read(abi)))
        .map_err(text)?
        .add_rules(path_beneath_rules(mounts, AccessFs::from_read(abi)))
        .map_err(text)?
        .add_rules(path_beneath_rules(DEVICES, AccessFs::from_read(abi) | AccessFs::WriteFile))
        .map_err(text)?
        .add_rules(path_beneath_rules(&job.writable, AccessFs::from_all(abi)))
        .map_err(text)?
        .restrict_self()
        .map_err(text)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("landlock is not enabled in this kernel".into());
    }
    rlimits::set(&job.limits, others)?;
    // Older kernels do not keep signals inside, so there they are refused altogether.
    filter::apply(Place::Host { signals: status.ruleset == RulesetStatus::FullyEnforced })
}

/// Ends every process that the program left behind.
fn end_all(own: i32) {
    for _ in 0..1000 {
        let left = descendants(own);
        for pid in &left {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        while waitpid(None, Some(WaitPidFlag::WNOHANG)).is_ok_and(|status| status != WaitStatus::StillAlive) {
        }
        if left.is_empty() {
            return;
        }
    }
}
