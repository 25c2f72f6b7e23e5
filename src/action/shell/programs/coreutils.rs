//! Files, folders and small filters.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Default, Program, Spec, Use, code, pure, spec};
use crate::action::shell::word::{Arg, TEMPORARY};
use crate::action::{Condition, Lying, Opaque};

use Use::{List, ListTree, Move, Read, ReadTree, Remove, Skip, Write, WriteTree};

const GNU_TARGET: (&str, Use) = ("--target-directory", Write);

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    pure(&[
        ":", "[", "arch", "basename", "date", "dirname", "echo", "expr", "factor", "false", "getconf",
        "groups", "hostname", "hostid", "id", "locale", "logname", "nproc", "numfmt", "pathchk",
        "pwd", "seq", "sleep", "stty", "sync", "test", "tput", "true", "tty", "uname", "uptime",
        "usleep", "which", "whereis", "who", "whoami", "w", "yes", "cal", "clear", "reset", "tset", "bc",
        "dc", "users", "last", "printenv", "sw_vers", "lsb_release",
    ]),
    spec(
        &[
            "cat", "tac", "nl", "rev", "expand", "unexpand", "col", "colrm", "column", "fmt", "pr", "cksum",
            "sum", "bat", "batcat",
        ],
        Spec::each(Read).options(&[
            ("-w", Skip), ("-s", Skip), ("-l", Skip), ("-v", Skip), ("-b?", Skip), ("-n?", Skip),
            ("-i", Skip), ("-c", Skip), ("-o", Skip), ("--language", Skip), ("--style", Skip),
            ("--theme", Skip), ("--line-range", Skip), ("--paging", Skip), ("--highlight-line", Skip),
            ("--tabs", Skip), ("--width", Skip), ("--separator", Skip),
        ]),
    ),
    spec(
        &["head", "tail"],
        Spec::each(Read).options(&[
            ("-n", Skip), ("-c", Skip), ("--lines", Skip), ("--bytes", Skip), ("-s", Skip), ("--pid", Skip),
            ("--sleep-interval", Skip), ("--max-unchanged-stats", Skip),
        ]),
    ),
    spec(&["wc"], Spec::each(Read).options(&[("--files0-from", Read), ("--total", Skip)])),
    spec(
        &["ls", "dir", "vdir", "exa", "eza", "lsd"],
        Spec::each(List).default(Default::Here).recursive(&["-R", "--recursive", "--tree", "-T"]).options(&[
            ("-I", Skip), ("--ignore", Skip), ("--hide", Skip), ("-w", Skip), ("--width", Skip),
            ("--sort", Skip), ("--time", Skip), ("--time-style", Skip), ("--color?", Skip),
            ("--format", Skip), ("--indicator-style", Skip), ("--block-size", Skip), ("-L?", Skip),
            ("--level", Skip), ("-I", Skip), ("--ignore-glob", Skip),
        ]),
    ),
    spec(
        &["tree"],
        Spec::each(ListTree).default(Default::Here).options(&[
            ("-L", Skip), ("-I", Skip), ("-P", Skip), ("-o", Write), ("-H", Skip), ("-T", Skip),
            ("--filelimit", Skip), ("--charset", Skip), ("--gitfile", Read), ("--infofile", Read),
            ("--timefmt", Skip), ("--sort", Skip),
        ]),
    ),
    spec(
        &["du", "ncdu"],
        Spec::each(ListTree).default(Default::Here).options(&[
            ("-d", Skip), ("--max-depth", Skip), ("-B", Skip), ("--block-size", Skip), ("-t", Skip),
            ("--threshold", Skip), ("--exclude", Skip), ("-X", Read), ("--exclude-from", Read),
            ("--files0-from", Read), ("--time-style", Skip), ("-I", Skip),
        ]),
    ),
    spec(
        &["df"],
        Spec::each(Read).options(&[
            ("-t", Skip), ("--type", Skip), ("-x", Skip), ("--exclude-type", Skip), ("-B", Skip),
            ("--block-size", Skip),
        ]),
    ),
    spec(
        &["stat", "readlink", "realpath", "getfacl", "lsattr", "namei", "getfattr"],
        Spec::each(List).options(&[
            ("-c", Skip), ("--format", Skip), ("--printf", Skip), ("-f?", Skip), ("-m", Read),
            ("--relative-to", Read), ("--relative-base", Read), ("-F", Skip), ("-e", Skip), ("-t?", Skip),
            ("-P", Skip),
        ]),
    ),
    spec(&["file"], Spec::each(Read).options(&[("-m", Read), ("-F", Skip), ("-e", Skip), ("-f", Read)])),
    spec(
        &[
            "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum", "shasum",
            "md5", "b3sum", "crc32",
        ],
        Spec::each(Read).options(&[
            ("-a", Skip), ("--algorithm", Skip), ("-l", Skip), ("--length", Skip), ("-s?", Skip),
        ]),
    ),
    spec(
        &["base64", "base32", "basenc"],
        Spec::each(Read).options(&[
            ("-w", Skip), ("--wrap", Skip), ("-i?", Read), ("-o", Write), ("-b", Skip),
        ]),
    ),
    spec(
        &["od", "hexdump", "hd"],
        Spec::each(Read).options(&[
            ("-A", Skip), ("-j", Skip), ("-N", Skip), ("-t", Skip), ("-w?", Skip), ("-S", Skip),
            ("-n", Skip), ("-s", Skip), ("-e", Skip), ("-f", Read), ("--address-radix", Skip),
            ("--skip-bytes", Skip), ("--read-bytes", Skip), ("--format", Skip),
        ]),
    ),
    spec(
        &["xxd"],
        Spec::each(Write).first(&[Read]).options(&[
            ("-l", Skip), ("-len", Skip), ("-s", Skip), ("-c", Skip), ("-g", Skip), ("-o", Skip),
            ("-n", Skip), ("-R", Skip),
        ]),
    ),
    spec(
        &["strings"],
        Spec::each(Read).options(&[
            ("-n", Skip), ("-t", Skip), ("-e", Skip), ("--bytes", Skip), ("--radix", Skip),
            ("--encoding", Skip), ("-T", Skip),
        ]),
    ),
    spec(
        &["sort"],
        Spec::each(Read).options(&[
            ("-o", Write), ("--output", Write), ("-k", Skip), ("--key", Skip), ("-t", Skip),
            ("--field-separator", Skip), ("-S", Skip), ("--buffer-size", Skip), ("-T", Write),
            ("--temporary-directory", Write), ("--parallel", Skip), ("--batch-size", Skip),
            ("--compress-program", Use::Opaque), ("--files0-from", Read), ("--random-source", Read),
            ("--sort", Skip),
        ]),
    ),
    spec(
        &["uniq"],
        Spec::each(Write).first(&[Read]).options(&[
            ("-f", Skip), ("-s", Skip), ("-w", Skip), ("--skip-fields", Skip), ("--skip-chars", Skip),
            ("--check-chars", Skip),
        ]),
    ),
    spec(
        &["cut"],
        Spec::each(Read).options(&[
            ("-d", Skip), ("-f", Skip), ("-c", Skip), ("-b", Skip), ("--delimiter", Skip),
            ("--fields", Skip), ("--characters", Skip), ("--bytes", Skip), ("--output-delimiter", Skip),
        ]),
    ),
    spec(&["paste"], Spec::each(Read).options(&[("-d", Skip), ("--delimiters", Skip)])),
    spec(&["comm"], Spec::each(Read).options(&[("--output-delimiter", Skip)])),
    spec(
        &["join"],
        Spec::each(Read).options(&[
            ("-t", Skip), ("-1", Skip), ("-2", Skip), ("-j", Skip), ("-o", Skip), ("-e", Skip),
            ("-a", Skip), ("-v", Skip),
        ]),
    ),
    spec(&["fold"], Spec::each(Read).options(&[("-w", Skip), ("--width", Skip)])),
    spec(
        &["shuf"],
        Spec::each(Read).options(&[
            ("-n", Skip), ("--head-count", Skip), ("-i", Skip), ("--input-range", Skip), ("-o", Write),
            ("--output", Write), ("--random-source", Read),
        ]),
    ),
    pure(&["tr"]),
    spec(&["tee", "sponge"], Spec::each(Write).options(&[("--output-error", Skip)])),
    spec(
        &["touch"],
        Spec::each(Write).writes(&["-c", "--no-create"]).options(&[
            ("-d", Skip), ("--date", Skip), ("-r", Read), ("--reference", Read), ("-t", Skip),
            ("--time", Skip),
        ]),
    ),
    code(&["mkdir"], mkdir),
    spec(&["mkfifo", "mknod"], Spec::each(Write).options(&[("-m", Skip), ("--mode", Skip), ("-Z?", Skip)])),
    code(&["rmdir", "unlink"], remove_one),
    spec(
        &["rm", "trash", "trash-put", "srm"],
        Spec::each(Remove).looks_first().writes(&["-f", "--force"]).recursive(&["-r", "-R", "--recursive"]).options(&[
            ("-n", Skip),
            ("-s", Skip),
            ("--interactive?", Skip),
        ]),
    ),
    spec(&["shred"], Spec::each(Write).looks_first().options(&[("-n", Skip), ("-s", Skip)])),
    spec(
        &["truncate"],
        Spec::each(Write).writes(&["-c", "--no-create"]).options(&[
            ("-s", Skip), ("--size", Skip), ("-r", Read), ("--reference", Read),
        ]),
    ),
    spec(
        &["fallocate"],
        Spec::each(Write).options(&[("-l", Skip), ("-o", Skip), ("--length", Skip), ("--offset", Skip)]),
    ),
    spec(&["link"], Spec::each(Write).first(&[Read])),
    code(&["cp"], copy),
    code(&["mv"], rename),
    code(&["ln"], link),
    code(&["install"], install),
    code(&["chmod", "chown", "chgrp", "chattr", "setfacl", "xattr"], change_mode),
    code(&["mktemp"], temporary),
    code(&["dd"], dd),
    code(&["split", "csplit"], split_file),
    spec(&["tsort", "ptx"], Spec::each(Read)),
    spec(
        &["lsblk", "blkid", "findmnt", "mountpoint"],
        Spec::each(Read).options(&[("-o", Skip), ("--output", Skip)]),
    ),
    spec(&["logger", "wall", "write"], Spec::each(Skip)),
    spec(&["chcon"], Spec::each(Write).first(&[Skip])),
    spec(&["mkswap", "mkfs", "mkfs.ext4", "wipefs"], Spec::each(WriteTree)),
];

/// The system is asked at once, and refuses before it finds that there is nothing.
fn remove_one(run: &mut Run<'_, '_>) {
    for arg in run.args.iter().filter(|arg| !arg.text.starts_with('-')) {
        run.reader.remove(arg);
    }
}

/// Sources, then a destination: what is common to `cp`, `mv`, `ln` and `install`.
///
/// Where no source is there, it fails before it writes anything, unless it makes a link.
fn transfer(run: &mut Run<'_, '_>, source: impl Fn(bool) -> Use, destination: impl Fn(bool) -> Use) {
    let (mut recursive, mut operands, mut target) = (false, Vec::new(), None);
    let (mut needs_source, mut spares) = (true, false);
    let link = run.name() == "ln";
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-t", Write),
        GNU_TARGET,
        ("-S", Skip), ("--suffix", Skip), ("-m", Skip), ("--mode", Skip), ("-o", Skip), ("-g", Skip),
        ("--owner", Skip), ("--group", Skip), ("--backup?", Skip), ("--preserve?", Skip),
        ("--no-preserve", Skip), ("--reflink?", Skip), ("--sparse", Skip), ("--update?", Skip),
    ];
    let certain = split(run.args, options, false, |part| match part {
        Part::Flag("-r" | "-R" | "-a" | "--recursive" | "--archive") => recursive = true,
        // A symbolic link may lead to nothing.
        Part::Flag("-s" | "--symbolic") if link => needs_source = false,
        Part::Flag("-n" | "--no-clobber") if !link => spares = true,
        Part::Value(_, Write, value) => target = Some(value),
        Part::Flag(_) | Part::Value(..) => {}
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    if !certain {
        run.opaque(crate::action::Opaque::Expansion);
    }
    if target.is_none() && operands.len() > 1 {
        target = operands.pop();
    }
    let mut lets = if needs_source { run.reader.one_is_there(&operands) } else { Condition::ALWAYS };
    if let Some(target) = target.as_ref().filter(|_| spares) {
        // A file that is there already is left as it is.
        lets = lets.and(run.reader.lies(target, Lying::File).negated().presumed());
    }
    for operand in &operands {
        match source(recursive) {
            Move => run.touch_if_there(Move, operand),
            what => run.touch(what, operand),
        }
    }
    if let Some(target) = target {
        run.touch_if(lets, destination(recursive), &target);
    }
}

fn copy(run: &mut Run<'_, '_>) {
    let read = |tree| if tree { ReadTree } else { Read };
    let write = |tree| if tree { WriteTree } else { Write };
    transfer(run, read, write);
}

fn rename(run: &mut Run<'_, '_>) {
    transfer(run, |_| Move, |_| Write);
}

/// A link is made at the last operand; what it points to is not touched, but can be reached through it.
fn link(run: &mut Run<'_, '_>) {
    transfer(run, |_| Read, |_| Write);
}

fn install(run: &mut Run<'_, '_>) {
    if run.args.iter().any(|arg| arg.text == "-d" || arg.text == "--directory") {
        return split_operands(run, &[("-m", Skip), ("-o", Skip), ("-g", Skip)], Write);
    }
    transfer(run, |_| Read, |_| Write);
}

fn split_operands(run: &mut Run<'_, '_>, options: &'static [(&'static str, Use)], what: Use) {
    let mut operands: Vec<Arg<'_>> = Vec::new();
    split(run.args, options, false, |part| {
        if let Part::Operand(operand) = part {
            operands.push(operand.clone());
        }
    });
    for operand in operands {
        run.touch(what, &operand);
    }
}

/// `chmod -x f` has a mode that looks like flags; the first operand is the mode or owner unless a reference is given.
fn change_mode(run: &mut Run<'_, '_>) {
    let (mut recursive, mut mode) = (false, false);
    let mut paths = Vec::new();
    let mut ended = false;
    for arg in run.args {
        let text = &*arg.text;
        if !ended && text == "--" {
            ended = true;
        } else if !ended && text.starts_with("--") {
            recursive |= text == "--recursive";
            if let Some(reference) = text.strip_prefix("--reference=") {
                mode = true;
                let start = text.len() - reference.len();
                paths.push((Read, arg.tail(start)));
            }
        } else if !ended && text.starts_with('-') && text.len() > 1 {
            let cluster = text.get(1..).unwrap_or_default();
            recursive |= cluster.contains('R');
            mode |= run.name() == "chmod" && cluster.contains(['r', 'w', 'x', 's', 't', 'X']);
        } else if mode {
            paths.push((Write, arg.clone()));
        } else {
            mode = true;
        }
    }
    for (what, path) in paths {
        run.touch_if_there(if recursive && what == Write { WriteTree } else { what }, &path);
    }
}

/// `mktemp`: makes a file or folder in the temporary folder, or after a template.
fn temporary(run: &mut Run<'_, '_>) {
    let (mut folder, mut template, mut dry, mut in_temporary) = (None, None, false, false);
    let options: &'static [(&'static str, Use)] = &[("-p", Write), ("--tmpdir?", Write), ("--suffix", Skip)];
    split(run.args, options, false, |part| match part {
        Part::Flag(flag) => {
            dry |= matches!(flag, "-u" | "--dry-run");
            in_temporary |= matches!(flag, "-t" | "--tmpdir");
        }
        Part::Value(_, Write, value) => folder = Some(value),
        Part::Value(..) => {}
        Part::Operand(operand) => template = Some(operand.clone()),
    });
    if dry {
        return;
    }
    let Some(template) = template else {
        return run.write(&folder.unwrap_or_else(|| Arg::plain(TEMPORARY)));
    };
    let name = template.text.trim_end_matches('X');
    let base = folder.as_ref().map(|folder| &*folder.text).or(in_temporary.then_some("/tmp"));
    let text = base.map_or_else(|| format!("{name}*"), |base| format!("{base}/{name}*"));
    run.write(&Arg { text: text.into(), glob: true, splits: template.splits });
}

fn dd(run: &mut Run<'_, '_>) {
    for arg in run.args {
        if arg.text.starts_with("if=") {
            run.read(&arg.tail(3));
        } else if arg.text.starts_with("of=") {
            run.write(&arg.tail(3));
        }
    }
}

/// Writes pieces named after a prefix (`x` or `xx` by default).
fn split_file(run: &mut Run<'_, '_>) {
    let mut operands = Vec::new();
    let mut prefix = None;
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-a", Skip), ("-b", Skip), ("-C", Skip), ("-l", Skip), ("-n", Skip), ("-t", Skip), ("-f", Write),
        ("--prefix", Write), ("--filter", Use::Opaque), ("--lines", Skip), ("--bytes", Skip),
        ("--number", Skip), ("--suffix-length", Skip), ("--additional-suffix", Skip),
    ];
    let mut filtered = false;
    split(run.args, options, false, |part| match part {
        Part::Flag(_) => {}
        Part::Value(_, Write, value) => prefix = Some(value),
        Part::Value(_, what, _) => filtered |= what == Use::Opaque,
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    let patterns = run.name() == "csplit";
    if !patterns && prefix.is_none() {
        prefix = operands.get(1).cloned();
    }
    if let Some(input) = operands.first() {
        run.read(input);
    }
    let prefix = prefix.unwrap_or_else(|| Arg::plain(if patterns { "xx" } else { "x" }));
    run.write(&Arg { text: format!("{}*", prefix.text).into(), glob: true, splits: prefix.splits });
    if filtered {
        run.unknown_program();
    }
}

/// A folder that is there is left alone, with `-p` or without.
fn mkdir(run: &mut Run<'_, '_>) {
    let options: &'static [(&'static str, Use)] = &[("-m", Skip), ("--mode", Skip), ("-Z?", Skip)];
    let mut folders = Vec::new();
    let certain = split(run.args, options, false, |part| {
        if let Part::Operand(operand) = part {
            folders.push(operand.clone());
        }
    });
    if !certain {
        run.opaque(Opaque::Expansion);
    }
    for folder in &folders {
        run.reader.unless_there(folder);
    }
}
