//! Programs in a jail: they see a system, a loopback and the folders that they were given, and nothing else; nothing
//! of them is left when the jail ends, however it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugin_eval::engine::cell::Mount;
use plugin_eval::engine::codex::jail::{Jail, JailEnd, JailError, JailLimits, JailSpec};
use plugin_eval::source::{Owner, Repository, Store, WorkCopy};

const PATIENCE: Duration = Duration::from_secs(20);

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_plugin-eval"))
}

/// Is there a jail on this machine? A missing one is said, not passed over in silence.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
fn available() -> bool {
    let probe = Jail::probe(binary());
    if let Err(unavailable) = &probe {
        eprintln!("NOT TESTED: {unavailable}");
    }
    assert!(probe.is_ok() || std::env::var_os("CI").is_none(), "CI must be able to confine programs");
    probe.is_ok()
}

/// Folders for a jail.
struct Lab {
    folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work/sub", "plugin", "home"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("work/README.md"), "hello\n").unwrap();
        std::fs::write(folder.path().join("plugin/file"), "of the plugin\n").unwrap();
        std::fs::write(folder.path().join("secret"), "secret\n").unwrap();
        Self { folder }
    }

    fn source(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn spec(&self, command: &str) -> JailSpec {
        let mount = |name: &str, target: &str| Mount { source: self.source(name), target: target.to_owned() };
        JailSpec {
            program: ["/bin/bash", "-c", command].map(str::to_owned).to_vec(),
            env: vec![
                ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
                ("HOME".into(), "/home/user".into()),
            ],
            cwd: "/home/someone/repo".into(),
            read_only: vec![mount("plugin", "/plugin"), mount("plugin/file", "/alone/file")],
            writable: vec![mount("work", "/home/someone/repo"), mount("home", "/home/user")],
            etc: vec![("codex/requirements.toml".into(), b"# none\n".to_vec())],
            limits: JailLimits::default(),
        }
    }

    fn start(&self, command: &str) -> Jail {
        Jail::open(binary()).unwrap().start(&self.spec(command)).unwrap()
    }

    /// Runs a command to its end; gives the end and all output.
    fn run(&self, command: &str) -> (JailEnd, String) {
        finish(self.start(command))
    }
}

fn finish(mut jail: Jail) -> (JailEnd, String) {
    drop(jail.stdin.take());
    let mut stderr = jail.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let mut text = String::new();
    jail.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    text.push_str(&reader.join().unwrap());
    (jail.wait(PATIENCE).unwrap(), text)
}

/// Processes of this machine with these words in their command line.
fn alive(words: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).replace('\0', " ").contains(words)).count()
}

fn wait_until(condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn a_program_sees_an_ordinary_system() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let (end, text) = lab.run(
        "id -u; id -g; id -un; pwd; cat README.md /plugin/file /alone/file /etc/codex/requirements.toml; \
         hostname; for f in /tmp /var/tmp /dev/shm /home/user /home/someone/repo; do echo x > $f/x || echo no $f; done; \
         command -v git python3 bash; test -c /dev/null && test -e /dev/tty && script -qc 'tty' /dev/null | tr -d '\\r'; \
         echo $$ > /dev/stderr; umask; exit 7",
    );
    let want = "1000\n1000\nuser\n/home/someone/repo\nhello\nof the plugin\nof the plugin\n# none\njail\n";
    assert!(text.starts_with(want), "{text}");
    let rest = &text[want.len()..];
    assert!(
        rest.contains("bin/git\n") && rest.contains("bin/python3\n") && rest.contains("bin/bash\n"),
        "{rest}"
    );
    assert!(rest.contains("/dev/pts/") && rest.contains("0022\n") && !rest.contains("no /"), "{rest}");
    assert_eq!(end, JailEnd::Exit(7));
    assert!(lab.source("work/x").exists() && lab.source("home/x").exists());
    assert_eq!(lab.run("kill -9 $$").0, JailEnd::Signal(9));
}

#[test]
fn input_and_output_are_the_programs_own() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let mut jail = lab.start("while read line; do echo got $line; done; echo end >&2");
    let mut stdin = jail.stdin.take().unwrap();
    stdin.write_all(b"one\n").unwrap();
    let mut first = [0; 8];
    jail.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"got one\n");
    assert_eq!(jail.wait(Duration::ZERO), None);
    stdin.write_all(b"two\n").unwrap();
    drop(stdin);
    assert_eq!(finish(jail), (JailEnd::Exit(0), "got two\nend\n".to_owned()));
}

#[test]
fn nothing_else_of_the_host_is_seen_or_written() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let secret = lab.source("secret").display().to_string();
    let here = env!("CARGO_MANIFEST_DIR");
    for path in [
        &secret,
        here,
        "/etc/shadow",
        "/proc/1/environ",
        "/proc/1/root/etc/codex",
        "/root/*",
        "/run/*",
        "/var/log",
        "/sys/kernel",
        "/dev/sda",
        "/dev/mem",
        "/dev/tty",
        "/.host",
        "/proc/sys/kernel/core_pattern.x",
    ] {
        let (end, text) = lab.run(&format!("timeout 5 cat {path} || ls {path}/* >&2"));
        assert_ne!(end, JailEnd::Exit(0), "{path}: {text}");
    }
    let (_, homes) = lab.run("ls -A / /home /root; cat /proc/mounts");
    assert!(!homes.contains(".host") && !homes.contains("cgroup"), "{homes}");
    for path in [
        "/plugin/file",
        "/plugin/new",
        "/alone/file",
        "/alone/new",
        "/usr/new",
        "/etc/new",
        "/etc/passwd",
        "/new",
        "/home/new",
        "/home/someone/new",
        "/dev/new",
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
        "/proc/sys/kernel/hostname",
    ] {
        let (end, text) = lab.run(&format!("echo x > {path}"));
        assert_ne!(end, JailEnd::Exit(0), "{path}: {text}");
    }
    for command in [
        "mount -t tmpfs none /usr",
        "mount -o remount,rw /plugin",
        "mknod n c 1 3",
        "chroot / true",
        "unshare -Urm mount -o remount,rw,bind /plugin",
        "unshare -Urm mount -o remount,rw /",
        "unshare -Urm umount /plugin",
        "chown 0 README.md",
        "kill -9 1 && sleep 1 && kill -9 1 && false",
    ] {
        let (end, text) = lab.run(command);
        assert_ne!(end, JailEnd::Exit(0), "{command}: {text}");
    }
    assert_eq!(std::fs::read(lab.source("plugin/file")).unwrap(), b"of the plugin\n");
}

#[test]
fn only_loopback_is_reached() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let mut open = Jail::open(binary()).unwrap();
    let (port, listener) = (open.port(), open.listener().unwrap());
    assert!(open.listener().is_none());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = [0; 5];
        stream.read_exact(&mut line).unwrap();
        stream.write_all(b"from outside\n").unwrap();
        line
    });
    let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = host.local_addr().unwrap().port();
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{port}; printf hello >&3; cat <&3; \
         (exec 3<>/dev/tcp/127.0.0.1/{other}) && echo reached the host; \
         (exec 3<>/dev/tcp/192.0.2.1/80) 2>&1 | grep -o 'Network is unreachable'; \
         python3 -c 'import socket; socket.socket(40, socket.SOCK_STREAM)' 2>&1 | grep -o PermissionError; \
         ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | grep -v -e tunl -e sit | cut -d: -f1"
    );
    let (_, text) = finish(open.start(&lab.spec(&script)).unwrap());
    assert_eq!(server.join().unwrap(), *b"hello");
    assert!(text.starts_with("from outside\n"), "{text}");
    assert!(text.contains("Network is unreachable\nPermissionError\n"), "{text}");
    assert!(!text.contains("reached the host") && text.contains("\n    lo\n"), "{text}");
}

#[test]
fn everything_ends_with_the_program_or_the_jail() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let leave = "(setsid setsid sleep 71011 >/dev/null 2>&1 </dev/null &); trap '' TERM HUP INT";
    let (end, _) = lab.run(&format!("{leave}; sleep 0.1"));
    assert_eq!((end, alive("sleep 71011")), (JailEnd::Exit(0), 0));
    let mut jail = lab.start(&format!("{}; sleep 71012", leave.replace("71011", "71012")));
    assert!(wait_until(|| alive("sleep 71012") > 0));
    jail.kill();
    assert_eq!((alive("sleep 71012"), jail.wait(PATIENCE)), (0, Some(JailEnd::Stopped)));
    let mut jail = lab.start(&format!("{}; sleep 71013", leave.replace("71011", "71013")));
    let stopper = jail.stopper().unwrap();
    let waits = std::thread::spawn(move || jail.wait(PATIENCE));
    assert!(wait_until(|| alive("sleep 71013") > 0));
    stopper.stop();
    assert_eq!((waits.join().unwrap(), alive("sleep 71013")), (Some(JailEnd::Stopped), 0));
    let jail = lab.start("sleep 71014");
    assert!(wait_until(|| alive("sleep 71014") > 0));
    drop(jail);
    assert_eq!(alive("sleep 71014"), 0);
    drop(Jail::open(binary()).unwrap());
}

#[test]
fn everything_ends_with_whoever_started_it() {
    if !available() {
        return;
    }
    let here = std::env::current_exe().unwrap();
    for (signal, seconds) in [("-KILL", "71021"), ("-INT", "71022"), ("-TERM", "71023")] {
        let mut child = std::process::Command::new(&here)
            .args(["jail::sleeps_in_a_jail", "--exact", "--ignored"])
            .env("JAIL_SLEEPS", seconds)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let sleep = format!("sleep {seconds}");
        assert!(wait_until(|| alive(&sleep) >= 3), "it did not start");
        let kill = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        child.wait().unwrap();
        assert!(wait_until(|| alive(&sleep) == 0), "{signal}");
    }
}

#[test]
#[ignore = "is killed by another test"]
fn sleeps_in_a_jail() {
    let Ok(seconds) = std::env::var("JAIL_SLEEPS") else { return };
    let lab = Lab::new();
    let mut jail = lab.start(&format!(
        "(setsid setsid sleep {seconds} >/dev/null 2>&1 </dev/null &); (sleep {seconds} &) ; trap '' TERM; sleep {seconds}; true"
    ));
    jail.wait(Duration::from_secs(100));
}

#[test]
fn a_working_copy_is_the_programs_own() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/release-reviewer/repos/harbor.bundle");
    let repository = Repository::open(&bundle).unwrap();
    let snapshot = repository.snapshot(&repository.resolve("v1.4.0").unwrap().to_string()).unwrap();
    let open = Jail::open(binary()).unwrap();
    let mut copy = WorkCopy::new(&lab.source("work"), Some(open.owner())).unwrap();
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    let mut spec = lab.spec(
        "stat -c %i .git/index; git status --porcelain --ignored; stat -c %i .git/index; git describe --tags; \
         git symbolic-ref HEAD; git fsck --no-dangling; find . ! -user user; git diff-files --quiet || echo looks changed; \
         echo done; read line; git status --porcelain; git log --format=%s -n 1; \
         git -c user.name=u -c user.email=u@example.com commit -qam more && git status -sb",
    );
    spec.read_only.clear();
    let mut jail = open.start(&spec).unwrap();
    assert_eq!(jail.owner(), Owner { seen: 1000, ..jail.owner() });
    let mut text = String::new();
    let mut stdout = BufReader::new(jail.stdout.take().unwrap());
    while !text.ends_with("done\n") && stdout.read_line(&mut text).unwrap() > 0 {}
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(&lines[2..], ["v1.4.0", "refs/heads/main", "done"], "{text}");
    assert_eq!(lines[0], lines[1], "the index was written anew");
    // While the program runs, the next task's files are laid out.
    std::fs::write(lab.source("work/left"), "").unwrap();
    let next = repository.snapshot(&repository.resolve("main").unwrap().to_string()).unwrap();
    copy.put(&next, Some("next"), Store::Copied).unwrap();
    std::fs::write(lab.source("work/README.md"), "changed").unwrap();
    jail.give(&lab.source("work")).unwrap();
    jail.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with(" M README.md\n") && rest.ends_with("## next\n"), "{rest}");
    assert_eq!(jail.wait(PATIENCE), Some(JailEnd::Exit(0)));
}

#[test]
fn what_cannot_be_set_up_is_said() {
    type Case = (&'static str, fn(&mut JailSpec));
    if !available() {
        return;
    }
    let lab = Lab::new();
    std::os::unix::fs::symlink("/.host/tmp", lab.source("work/link")).unwrap();
    let mount = |source: PathBuf, target: &str| Mount { source, target: target.to_owned() };
    let cases: [Case; 7] = [
        ("/no/such program", |spec| spec.program = vec!["/no/such program".into()]),
        ("there is no program", |spec| spec.program.clear()),
        ("`home` is no absolute path", |spec| spec.cwd = "home".into()),
        ("`/a/../b` is no absolute path", |spec| spec.read_only[0].target = "/a/../b".into()),
        ("/no/such/source", |spec| spec.read_only[0].source = "/no/such/source".into()),
        ("/home/someone/repo/link: is no folder", |spec| {
            spec.read_only[0].target = "/home/someone/repo/link/made".into();
        }),
        ("no absolute path", |spec| spec.etc[0].0 = "../x".into()),
    ];
    for (want, change) in cases {
        let mut spec = lab.spec("true");
        change(&mut spec);
        match Jail::open(binary()).unwrap().start(&spec) {
            Err(JailError::Setup(reason)) => assert!(reason.contains(want), "{want}: {reason}"),
            other => panic!("{want}: {other:?}"),
        }
    }
    let mut spec = lab.spec("cat .codex/inner");
    spec.read_only.push(mount(lab.source("plugin/file"), "/home/someone/repo/.codex/inner"));
    let (end, text) = finish(Jail::open(binary()).unwrap().start(&spec).unwrap());
    assert_eq!((end, text.as_str()), (JailEnd::Exit(0), "of the plugin\n"));
    let nowhere = Jail::open(Path::new("/no/such/binary"));
    assert!(matches!(nowhere, Err(JailError::Start { .. })), "{nowhere:?}");
    let no_jail = Jail::probe(Path::new("/bin/true")).unwrap_err();
    assert!(no_jail.to_string().contains("does not answer"), "{no_jail}");
}

#[test]
fn limits_hold() {
    if !available() {
        return;
    }
    let lab = Lab::new();
    let limited = |command: &str, change: fn(&mut JailLimits)| {
        let mut spec = lab.spec(command);
        change(&mut spec.limits);
        finish(Jail::open(binary()).unwrap().start(&spec).unwrap())
    };
    let many = "for i in 1 2 3 4 5 6; do head -c 60M /dev/zero | tail -c 60M | sleep 71015 & done; wait";
    let start = Instant::now();
    assert_eq!(limited(many, |limits| limits.memory = 128 << 20).0, JailEnd::Memory);
    assert!(start.elapsed() < Duration::from_secs(10) && alive("sleep 71015") == 0);
    let (end, text) =
        limited("head -c 64M /dev/zero > /tmp/x; wc -c < /tmp/x", |limits| limits.temporary = 1 << 20);
    assert_eq!((end, text.contains("1048576")), (JailEnd::Exit(0), true), "{text}");
    let (_, text) = limited("head -c 64M /dev/zero > x; wc -c < x", |limits| limits.file = 1 << 20);
    assert!(text.contains("1048576"), "{text}");
    let (_, text) = limited("for i in $(seq 40); do sleep 0.2 & done; wait", |limits| limits.processes = 16);
    assert!(text.contains("Resource temporarily unavailable"), "{text}");
}

#[test]
#[ignore = "measures speed, and must run alone to count what is left; run by hand"]
fn many_jails_leave_nothing() {
    let lab = Lab::new();
    let state = || {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap().lines().count();
        let files = std::fs::read_dir("/proc/self/fd").unwrap().count();
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let children = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap());
        (children.collect::<Vec<_>>().concat(), alive("sleep 71016"), mounts, files)
    };
    let before = state();
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            let mut jail = lab.start("(setsid sleep 71016 &) ; true");
            assert_eq!(jail.wait(PATIENCE), Some(JailEnd::Exit(0)));
            start.elapsed()
        })
        .collect();
    times.sort();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    drop(lab.start("sleep 71016"));
                }
            });
        }
    });
    let many = start.elapsed() / 100;
    let mut opened: Vec<Duration> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let open = Jail::open(binary()).unwrap();
            let took = start.elapsed();
            drop(open);
            took
        })
        .collect();
    opened.sort();
    assert_eq!(state(), before);
    print(&format!(
        "open to end: median {:?}, most {:?}; 4 at once: {many:?} each; open: {:?}",
        times[50], times[99], opened[10]
    ));
}

#[expect(clippy::print_stderr, reason = "the measurement is what the test is for")]
fn print(text: &str) {
    eprintln!("{text}");
}
