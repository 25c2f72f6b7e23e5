//! Processes, services, accounts, keys and databases.

use super::run::Run;
use super::table::{Also, Program, Spec, Use, code, pure, spec};

use Use::{Opaque, Read, Skip, Write};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    pure(&[
        "ps", "pgrep", "top", "htop", "free", "vmstat", "iostat", "pidof", "pstree", "lsof", "lsmod",
        "lspci", "lsusb", "lscpu", "lsmem", "dmesg", "journalctl", "ss", "netstat", "ifconfig", "route",
        "arp", "cpuid", "sar", "mpstat", "nvidia-smi", "sysctl", "ldconfig", "getcap", "loginctl",
        "timedatectl", "hostnamectl", "ipcs", "fuser", "lslocks",
    ]),
    pure(&["kill", "pkill", "killall", "renice", "xdotool", "notify-send", "beep", "say"]),
    pure(&["pbcopy", "pbpaste", "xclip", "xsel", "wl-copy", "wl-paste"]),
    spec(&["ip"], Spec::each(Skip)),
    spec(
        &["systemctl", "service", "launchctl", "rc-service", "supervisorctl"],
        Spec::each(Skip).also(Also::Opaque),
    ),
    code(&["crontab"], |run| {
        let lists = run.args.iter().any(|arg| arg.text == "-l");
        if lists {
            return run.read(&crate::action::shell::word::Arg::plain("/var/spool/cron"));
        }
        for arg in run.args.iter().filter(|arg| !arg.text.starts_with('-')) {
            run.read(arg);
        }
        run.write_tree("/var/spool/cron");
    }),
    spec(
        &[
            "mount", "umount", "useradd", "userdel", "usermod", "groupadd", "passwd", "chpasswd", "visudo",
            "iptables", "nft", "ufw", "modprobe", "insmod", "reboot", "shutdown", "halt", "poweroff",
            "swapon", "swapoff", "losetup", "parted", "fdisk",
        ],
        Spec::each(Skip).also(Also::Opaque),
    ),
    code(&["openssl"], openssl),
    code(&["gpg", "gpg2"], gpg),
    code(&["ssh-keygen"], |run| {
        let file = run.args.iter().skip_while(|arg| arg.text != "-f").nth(1).cloned();
        let file = file.unwrap_or_else(|| crate::action::shell::word::Arg::plain("~/.ssh"));
        let reads = run.args.iter().any(|arg| matches!(&*arg.text, "-l" | "-y" | "-F" | "-lf"));
        run.touch(if reads { Read } else { Use::WriteTree }, &file);
    }),
    spec(&["ssh-add"], Spec::each(Read)),
    spec(
        &["ssh-keyscan"],
        Spec::each(Use::Host).options(&[("-t", Skip), ("-p", Skip), ("-T", Skip), ("-f", Read)]),
    ),
    code(&["sqlite3"], |run| {
        let operands: Vec<_> = run.args.iter().filter(|arg| !arg.text.starts_with('-')).cloned().collect();
        if let Some(file) = operands.first() {
            run.read(file);
            if !run.args.iter().any(|arg| matches!(&*arg.text, "-readonly" | "--readonly")) {
                run.write(file);
            }
        }
        // Dot commands and `ATTACH` reach other files.
        let text = operands.get(1).map_or("", |arg| &*arg.text).to_ascii_lowercase();
        let tame = operands.len() > 1
            && !text.contains(['\0'])
            && !text.contains("attach")
            && !text.contains("readfile")
            && !text.contains("writefile")
            && !text.contains("load_extension")
            && !text.starts_with(['.'])
            && !text.contains("\n.");
        let dot = operands.len() == 2
            && matches!(
                text.split_whitespace().next(),
                Some(".tables" | ".schema" | ".dump" | ".databases" | ".indexes")
            );
        if !tame && !dot {
            run.interpreted();
        }
    }),
    spec(
        &[
            "psql", "pg_dump", "pg_restore", "mysql", "mysqldump", "mongo", "mongosh", "redis-cli",
            "createdb", "dropdb", "cqlsh", "clickhouse-client", "influx",
        ],
        Spec::each(Skip)
            .options(&[
                ("-f", Read), ("--file", Read), ("-h", Use::Host), ("--host", Use::Host), ("-o", Write),
                ("--output", Write), ("-c", Skip), ("-U", Skip), ("-d", Skip), ("-p", Skip), ("-e", Skip),
                ("-n", Skip),
            ])
            .also(Also::ConnectOpaque("database")),
    ),
    spec(
        &["xdg-open", "open", "gnome-open", "start"],
        Spec::each(Use::Url).options(&[("-a", Opaque), ("-b", Opaque)]).also(Also::Opaque),
    ),
    code(&["codex", "claude", "gemini", "aider", "cursor-agent", "goose", "opencode", "copilot"], |run| {
        if !run.args.iter().any(|arg| matches!(&*arg.text, "--help" | "--version" | "-h" | "-V")) {
            run.unknown_program();
        }
    }),
    spec(&["screencapture", "scrot", "import"], Spec::each(Write)),
    spec(
        &["convert", "magick", "ffmpeg", "sox", "dot", "mmdc", "rsvg-convert", "inkscape"],
        Spec::each(Read)
            .last(Write)
            .options(&[
                ("-i", Read), ("-o", Write), ("--output", Write), ("-T?", Skip), ("-K?", Skip),
                ("-resize", Skip),
            ])
            .also(Also::Opaque),
    ),
];

fn openssl(run: &mut Run<'_, '_>) {
    let verb = run.args.first().map_or("", |arg| &*arg.text).to_owned();
    let mut args = run.args.iter().skip(1);
    while let Some(arg) = args.next() {
        match &*arg.text {
            "-in" | "-key" | "-inkey" | "-CAfile" | "-CA" | "-CAkey" | "-cert" | "-config" | "-signature"
            | "-verify" | "-sign" | "-extfile" | "-certfile" | "-kfile" => {
                if let Some(file) = args.next() {
                    run.read(file);
                }
            }
            "-out" | "-keyout" | "-writerand" => {
                if let Some(file) = args.next() {
                    run.write(file);
                }
            }
            "-connect" | "-host" | "-proxy" | "-url" => {
                if let Some(host) = args.next() {
                    run.host(host);
                }
            }
            "-engine" | "-provider" => run.unknown_program(),
            text if matches!(&*verb, "dgst" | "sha256" | "md5" | "sha1") && !text.starts_with('-') => {
                run.read(arg);
            }
            _ => {}
        }
    }
}

fn gpg(run: &mut Run<'_, '_>) {
    let mut talks = false;
    let mut args = run.args.iter();
    while let Some(arg) = args.next() {
        match &*arg.text {
            "-o" | "--output" => {
                if let Some(file) = args.next() {
                    run.write(file);
                }
            }
            "-r" | "--recipient" | "-u" | "--local-user" | "--passphrase" | "--homedir" | "--keyserver"
            | "--default-key" => {
                args.next();
            }
            "--recv-keys" | "--send-keys" | "--search-keys" | "--refresh-keys" | "--fetch-keys" => {
                talks = true;
            }
            text if !text.starts_with('-') => run.read(arg),
            _ => {}
        }
    }
    if talks {
        run.connect_somewhere("keyserver");
    }
    run.touch(Use::WriteTree, &crate::action::shell::word::Arg::plain("~/.gnupg"));
}
