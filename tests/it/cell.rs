//! Hostile programs in a cell: whatever they try, they harm nothing and nothing of them is left.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugin_eval::engine::cell::{Cell, CellKind, Doubt, Ended, Job, Limits, Mount, ProcessOutcome};

/// What the tests share: a cell, a checkout and a plugin.
struct Lab {
    cell: Cell,
    folder: tempfile::TempDir,
}

impl Lab {
    /// One of each kind that this machine has; a missing kind is said, not passed over in silence.
    fn all() -> Vec<Self> {
        let kinds = [CellKind::Namespaces, CellKind::Confined];
        let labs: Vec<Self> = kinds.into_iter().filter_map(Self::of).collect();
        assert!(!labs.is_empty() || std::env::var_os("CI").is_none(), "CI must be able to confine programs");
        labs
    }

    #[expect(clippy::print_stderr, reason = "a kind that is not tested must be seen")]
    fn of(kind: CellKind) -> Option<Self> {
        let binary = Path::new(env!("CARGO_BIN_EXE_plugin-eval"));
        match Cell::probe_kind(binary, kind) {
            Ok(cell) => Some(Self { cell, folder: Self::folder() }),
            Err(unavailable) => {
                eprintln!("NOT TESTED: {unavailable}");
                None
            }
        }
    }

    fn folder() -> tempfile::TempDir {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o711);
        for name in ["checkout/src", "plugin", "data", "tmp"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        mode(&folder.path().join("data"), 0o777);
        mode(&folder.path().join("tmp"), 0o777);
        std::fs::write(folder.path().join("checkout/README.md"), "hello\n").unwrap();
        std::fs::write(folder.path().join("plugin/hook.sh"), "echo from the plugin\n").unwrap();
        std::fs::write(folder.path().join("secret"), "secret\n").unwrap();
        folder
    }

    fn source(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the program finds a folder: a path of the recorded machine, if the cell can have it.
    fn target(&self, name: &str, recorded: &str) -> String {
        match self.cell.kind() {
            CellKind::Namespaces => recorded.to_owned(),
            CellKind::Confined => self.source(name).display().to_string(),
        }
    }

    fn job(&self, command: &str) -> Job {
        let checkout = self.target("checkout", "/home/somebody/repo");
        let plugin = self.target("plugin", "/plugin");
        let data = self.target("data", "/plugin-data");
        let mut writable = vec![data.clone()];
        if self.cell.kind() == CellKind::Confined {
            writable.push(self.source("tmp").display().to_string());
        }
        Job {
            shell: "/bin/sh".into(),
            command: command.into(),
            env: vec![
                ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
                ("PLUGIN_ROOT".into(), plugin.clone()),
                ("PLUGIN_DATA".into(), data),
            ],
            cwd: checkout.clone(),
            mounts: vec![
                Mount { source: self.source("checkout"), target: checkout },
                Mount { source: self.source("plugin"), target: plugin },
            ],
            writable,
            keep: None,
            layer: None,
            limits: Limits { time_ms: 5_000, ..Limits::default() },
        }
    }

    fn run(&self, command: &str) -> ProcessOutcome {
        self.cell.run(&self.job(command), b"input").unwrap()
    }
}

fn out(outcome: &ProcessOutcome) -> String {
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

/// Processes of this machine with these words in their command line.
fn alive(words: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).replace('\0', " ").contains(words)).count()
}

#[test]
fn a_program_runs_as_it_would_outside() {
    for lab in Lab::all() {
        let outcome = lab.run("cat; pwd; cat README.md; sh \"$PLUGIN_ROOT/hook.sh\"; echo words >&2; exit 2");
        let cwd = lab.target("checkout", "/home/somebody/repo");
        assert_eq!(out(&outcome), format!("input{cwd}\nhello\nfrom the plugin\n"));
        assert_eq!((outcome.ended, outcome.stderr.as_slice()), (Ended::Exit(2), &b"words\n"[..]));
        assert!(!outcome.tried_network);
        let data = lab.run("echo kept > \"$PLUGIN_DATA/x\" && cat \"$PLUGIN_DATA/x\"");
        assert_eq!(out(&data), "kept\n", "{data:?}");
        assert_eq!(lab.run("kill -9 $$").ended, Ended::Signal(9));
        assert_eq!(lab.run("no-such-program").doubt(), Some(Doubt::Program));
        assert_eq!(
            lab.run("env | grep -cvE '^(PATH|PLUGIN_ROOT|PLUGIN_DATA|PWD|OLDPWD|SHLVL|_)='").stdout,
            b"0\n"
        );
    }
}

#[test]
fn input_that_is_not_read_or_is_large_blocks_nobody() {
    for lab in Lab::all() {
        let large = vec![b'x'; 3 << 20];
        for (command, want) in [("exec <&-; echo closed", "closed\n"), ("true", ""), ("wc -c", "3145728\n")] {
            let outcome = lab.cell.run(&lab.job(command), &large).unwrap();
            assert_eq!((outcome.ended, out(&outcome).as_str()), (Ended::Exit(0), want), "{command}");
        }
    }
}

#[test]
fn nothing_can_be_written_outside_the_temporary_folders() {
    for lab in Lab::all() {
        let before: Vec<_> = ["checkout", "plugin"]
            .map(|name| lab.source(name).metadata().unwrap().modified().unwrap())
            .into();
        let secret = lab.source("secret").display().to_string();
        let probes = [
            "./new",
            "README.md",
            "\"$PLUGIN_ROOT/new\"",
            "\"$PLUGIN_ROOT/hook.sh\"",
            "/new",
            "/usr/new",
            "/etc/new",
            "/home/new",
            "/root/new",
            "/var/new",
            "/dev/new",
            "/proc/sys/kernel/hostname",
            &secret,
            "/sys/new",
        ];
        for path in probes {
            let outcome = lab.run(&format!("echo x > {path}"));
            assert_ne!(outcome.ended, Ended::Exit(0), "{path} {:?}", lab.cell.kind());
        }
        for command in [
            "rm -rf . ",
            "mkdir d",
            "ln -s /etc l",
            "chmod 777 README.md",
            "touch README.md",
            "mv README.md x",
            "mount -t tmpfs none /usr",
            "unshare -Ur true",
            "mknod n c 1 3",
        ] {
            assert_ne!(lab.run(command).ended, Ended::Exit(0), "{command} {:?}", lab.cell.kind());
        }
        assert_eq!(std::fs::read(lab.source("checkout/README.md")).unwrap(), b"hello\n");
        assert_eq!(std::fs::read(lab.source("secret")).unwrap(), b"secret\n");
        let after: Vec<_> = ["checkout", "plugin"]
            .map(|name| lab.source(name).metadata().unwrap().modified().unwrap())
            .into();
        assert_eq!(before, after);
    }
}

#[test]
fn nothing_of_the_host_can_be_read() {
    for lab in Lab::all() {
        let secret = lab.source("secret").display().to_string();
        let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
        let inside = format!("{}/link", lab.target("data", "/plugin-data"));
        for path in [
            secret.as_str(),
            "/etc/shadow",
            "/proc/1/environ",
            "/proc/1/root/etc/shadow",
            "/run",
            "/var/log",
            "/root",
            &home,
            "/work",
            "/sys/kernel",
            "/dev/sda",
            "/dev/mem",
            "/dev/tty",
        ] {
            let outcome = lab.run(&format!("cat {path} || ls {path}/*"));
            assert!(
                outcome.stdout.is_empty() && outcome.ended != Ended::Exit(0),
                "{path} {:?}: {outcome:?}",
                lab.cell.kind()
            );
            let linked = lab.run(&format!("ln -s {path} {inside} && cat {inside}; ls {inside}/"));
            assert!(linked.stdout.is_empty(), "{path} through a link: {linked:?}");
            let _ = std::fs::remove_file(lab.source("data/link"));
        }
    }
}

#[test]
fn no_network_and_no_socket_of_the_host() {
    for lab in Lab::all() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        let port = server.local_addr().unwrap().port();
        let socket = lab.source("plugin/host.sock");
        let host = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        host.set_nonblocking(true).unwrap();
        let mut job = lab.job(&format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached"));
        job.shell = "/bin/bash".into();
        let outcome = lab.cell.run(&job, b"").unwrap();
        assert_ne!(outcome.ended, Ended::Exit(0), "{outcome:?}");
        assert!(server.accept().is_err());
        if lab.cell.kind() == CellKind::Namespaces {
            assert_eq!(outcome.doubt(), Some(Doubt::Network));
            job.command = "exec 3<>/dev/tcp/192.0.2.1/80".into();
            assert_eq!(lab.cell.run(&job, b"").unwrap().doubt(), Some(Doubt::Network));
            job.command = "exec 3<>/dev/udp/example.com/53".into();
            assert_eq!(lab.cell.run(&job, b"").unwrap().doubt(), Some(Doubt::Network));
        }
        if lab.run("command -v python3").ended == Ended::Exit(0) {
            let script = "import socket,sys\nfor f,a in [(socket.AF_INET,('127.0.0.1',PORT)),(socket.AF_INET6,('::1',PORT)),(socket.AF_UNIX,'\\0plugin-eval'),(socket.AF_UNIX,'/run/docker.sock')]:\n  try:\n    s=socket.socket(f); s.connect(a); print('reached',a)\n  except OSError as e: pass\n";
            let outcome = lab.run(&format!("python3 -c \"{}\"", script.replace("PORT", &port.to_string())));
            assert_eq!((outcome.ended, out(&outcome).as_str()), (Ended::Exit(0), ""), "{outcome:?}");
        }
    }
}

#[test]
fn limits_end_what_does_not_end_itself() {
    for lab in Lab::all() {
        let limited = |command: &str, change: fn(&mut Limits)| {
            let mut job = lab.job(command);
            job.limits.time_ms = 2_000;
            change(&mut job.limits);
            let start = Instant::now();
            let outcome = lab.cell.run(&job, b"").unwrap();
            assert!(start.elapsed() < Duration::from_secs(6), "{command}: {:?}", start.elapsed());
            outcome
        };
        assert_eq!(limited("sleep 71003", |limits| limits.time_ms = 300).ended, Ended::Timeout);
        assert_eq!(limited("while :; do :; done", |limits| limits.time_ms = 300).ended, Ended::Timeout);
        let wrote = limited("yes", |limits| limits.output = 10_000);
        assert_eq!((wrote.ended, wrote.stdout.len()), (Ended::Output, 10_000));
        assert_eq!(limited("yes >&2", |limits| limits.output = 10_000).ended, Ended::Output);
        let filled =
            limited("head -c 300M /dev/zero > $PLUGIN_DATA/big; wc -c < $PLUGIN_DATA/big", |limits| {
                limits.files = 1 << 20;
            });
        assert_eq!(out(&filled).trim(), "1048576", "{filled:?}");
        let _ = std::fs::remove_file(lab.source("data/big"));
        let hog = limited("head -c 400M /dev/zero | tail -c 400M | wc -c", |limits| limits.memory = 64 << 20);
        assert!(hog.ended != Ended::Exit(0) || out(&hog).trim() != "419430400", "{hog:?}");
        let many = "i=0; while [ $i -lt 6 ]; do head -c 40M /dev/zero | tail -c 40M | sleep 71005 & i=$((i+1)); done; wait";
        let many = limited(many, |limits| limits.memory = 100 << 20);
        assert!(matches!(many.ended, Ended::Memory | Ended::Timeout), "{many:?}");
        assert_eq!(alive("sleep 71003") + alive("sleep 71005"), 0);
    }
}

#[test]
fn a_fork_bomb_is_held() {
    for lab in Lab::all() {
        let mut job = lab.job("b() { b | b & sleep 71001; }; b; wait");
        job.limits.time_ms = 700;
        let outcome = lab.cell.run(&job, b"").unwrap();
        let held =
            matches!(outcome.ended, Ended::Timeout | Ended::Exit(_) | Ended::Memory | Ended::Processes);
        assert!(held, "{outcome:?}");
        assert_eq!(alive("sleep 71001"), 0);
    }
}

#[test]
fn nothing_survives() {
    for lab in Lab::all() {
        let script = "setsid sleep 71002 >/dev/null 2>&1 & (setsid setsid sleep 71002 >/dev/null 2>&1 &) ; \
                      nohup sleep 71002 >/dev/null 2>&1 & trap '' TERM HUP INT; echo started";
        let outcome = lab.run(script);
        assert_eq!((outcome.ended, out(&outcome).as_str()), (Ended::Exit(0), "started\n"));
        assert_eq!(alive("sleep 71002"), 0, "{:?}", lab.cell.kind());
    }
}

#[test]
fn nothing_survives_a_killed_run() {
    let here = std::env::current_exe().unwrap();
    for lab in Lab::all() {
        let name = format!("{:?}", lab.cell.kind());
        let child = std::process::Command::new(&here)
            .args(["cell::sleeps_in_a_cell", "--exact", "--ignored"])
            .env("CELL_KIND", name)
            .stdout(std::process::Stdio::null())
            .spawn();
        let mut child = child.unwrap();
        let started = Instant::now();
        while alive("sleep 71007") == 0 && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(alive("sleep 71007") > 0, "it did not start");
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = Instant::now();
        while alive("sleep 71007") > 0 && killed.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(alive("sleep 71007"), 0, "{:?}", lab.cell.kind());
    }
}

#[test]
#[ignore = "is killed by another test"]
fn sleeps_in_a_cell() {
    let kind = match std::env::var("CELL_KIND").as_deref() {
        Ok("Namespaces") => CellKind::Namespaces,
        Ok("Confined") => CellKind::Confined,
        _ => return,
    };
    let lab = Lab::of(kind).unwrap();
    let mut job = lab.job("setsid sleep 71007 & sleep 71007");
    job.limits.time_ms = 60_000;
    lab.cell.run(&job, b"").unwrap();
}

#[test]
fn a_program_can_neither_kill_nor_trace_what_watches_it() {
    for lab in Lab::all() {
        let outcome = lab.run("kill -9 $PPID; kill -STOP $PPID; kill -9 1; kill -9 -1; echo still here");
        assert!(matches!(outcome.ended, Ended::Exit(0) | Ended::Signal(9)), "{outcome:?}");
        let own = std::process::id();
        lab.run(&format!("kill -9 {own}; kill -TERM {own}"));
        if lab.run("command -v gdb || command -v strace").ended == Ended::Exit(0) {
            assert_ne!(lab.run("strace -p 1 || gdb -p 1 -batch").ended, Ended::Timeout);
        }
    }
}

#[test]
fn a_bad_job_is_refused_with_a_reason() {
    let Some(lab) = Lab::of(CellKind::Namespaces) else { return };
    let mut job = lab.job("true");
    job.mounts[0].target = "../x".into();
    assert!(lab.cell.run(&job, b"").unwrap_err().to_string().contains("is no absolute path"));
    let mut job = lab.job("true");
    job.mounts[0].source = "/no/such/folder".into();
    assert!(lab.cell.run(&job, b"").unwrap_err().to_string().contains("cannot be confined"));
    let mut job = lab.job("true");
    job.shell = "/no/such/shell".into();
    assert_eq!(lab.cell.run(&job, b"").unwrap().ended, Ended::NotStarted);
    let missing = Cell::probe(Path::new("/no/such/binary")).unwrap_err().to_string();
    assert!(missing.contains("cannot start /no/such/binary"), "{missing}");
}

#[test]
fn many_cells_at_a_time_do_not_disturb_each_other() {
    for lab in Lab::all() {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let lab = &lab;
                scope.spawn(move || {
                    for round in 0..5 {
                        let outcome = lab.run(&format!("echo {thread} {round}; cat >/dev/null"));
                        assert_eq!(out(&outcome), format!("{thread} {round}\n"));
                    }
                });
            }
        });
    }
}

#[test]
#[ignore = "measures speed; run by hand"]
fn time_of_one_hook() {
    for lab in Lab::all() {
        let mut times: Vec<_> = (0..50)
            .map(|_| {
                let start = Instant::now();
                assert_eq!(lab.run("cat >/dev/null; exit 0").ended, Ended::Exit(0));
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{:?}: median {:?}, fastest {:?}", lab.cell.kind(), times[25], times[0]);
    }
}
