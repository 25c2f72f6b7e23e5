//! Packing and unpacking.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Program, Spec, Use, code, opaque, spec};
use crate::action::shell::word::Arg;

use Use::{Move, Read, ReadTree, Skip, Write, WriteTree};

pub(super) const TABLE: &[Program] = &[
    code(&["tar", "bsdtar", "gtar"], tar),
    code(&["zip"], zip),
    code(&["unzip"], unzip),
    code(
        &[
            "gzip", "gunzip", "bzip2", "bunzip2", "xz", "unxz", "lzma", "unlzma", "zstd", "unzstd", "lz4",
            "brotli", "pigz", "compress",
        ],
        squeeze,
    ),
    spec(&["zcat", "gzcat", "bzcat", "xzcat", "zstdcat", "lzcat", "zipinfo", "zmore"], Spec::each(Read)),
    code(&["7z", "7za", "7zz", "unrar", "rar"], seven_zip),
    spec(&["ar"], Spec::each(Read).first(&[Skip, Write])),
    opaque(&["cpio"]),
];

/// `tar`: the mode says whether members are read or written.
fn tar(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-f", Skip), ("--file", Skip), ("-C", Use::Folder), ("--directory", Use::Folder), ("-T", Read),
        ("--files-from", Read), ("-X", Read), ("--exclude-from", Read), ("--exclude", Skip),
        ("-I", Use::Opaque), ("--use-compress-program", Use::Opaque), ("--to-command", Use::Opaque),
        ("--transform", Skip), ("--strip-components", Skip), ("--owner", Skip), ("--group", Skip),
        ("--mtime", Skip), ("--mode", Skip), ("-b", Skip), ("--checkpoint-action", Use::Opaque),
        ("--one-top-level?", Write), ("--format", Skip), ("-H", Skip), ("--newer", Skip), ("-N", Skip),
        ("-g", Write), ("--rsh-command", Use::Opaque), ("--info-script", Use::Opaque), ("-F", Use::Opaque),
    ];
    // The first word may be a cluster without dash: `tar xzf a.tgz`.
    let mut args = run.args.to_vec();
    if let Some(first) = args.first_mut()
        && !first.text.starts_with('-')
    {
        first.text = format!("-{}", first.text).into();
    }
    let (mut creates, mut extracts, mut updates) = (false, false, false);
    let (mut archive, mut folder, mut opaque) = (None, None, false);
    let (mut members, mut values) = (Vec::new(), Vec::new());
    let certain = split(&args, options, false, |part| match part {
        Part::Flag("-c" | "--create") => creates = true,
        Part::Flag("-x" | "--extract" | "--get") => extracts = true,
        Part::Flag("-r" | "-u" | "-A" | "--append" | "--update" | "--delete" | "--concatenate") => {
            updates = true;
        }
        Part::Flag(_) => {}
        Part::Value("-f" | "--file", _, value) => archive = Some(value),
        Part::Value(_, Use::Folder, value) => folder = Some(value),
        Part::Value(_, Use::Opaque, _) => opaque = true,
        Part::Value(_, what, value) => values.push((what, value)),
        Part::Operand(operand) => members.push(operand.clone()),
    });
    if !certain {
        run.opaque(crate::action::Opaque::Expansion);
    }
    for (what, value) in values {
        run.touch(what, &value);
    }
    if let Some(archive) = &archive {
        run.touch(if creates || updates { Write } else { Read }, archive);
    }
    let base = folder.clone().unwrap_or_else(|| Arg::plain("."));
    if creates || updates {
        for member in members {
            run.touch(ReadTree, &inside(folder.as_ref(), member));
        }
    } else if extracts && !args.iter().any(|arg| arg.text == "-O" || arg.text == "--to-stdout") {
        match &archive {
            Some(archive) => {
                let there = run.reader.one_is_there(std::slice::from_ref(archive));
                run.touch_if(there, WriteTree, &base);
            }
            None => run.touch(WriteTree, &base),
        }
    }
    if opaque {
        run.unknown_program();
    }
}

/// `member` as seen from `folder`.
fn inside<'t>(folder: Option<&Arg<'t>>, member: Arg<'t>) -> Arg<'t> {
    match folder {
        Some(folder) if !member.text.starts_with('/') && folder.text != "." => Arg {
            text: format!("{}/{}", folder.text.trim_end_matches('/'), member.text).into(),
            glob: member.glob || folder.glob,
            splits: member.splits || folder.splits,
        },
        _ => member,
    }
}

fn zip(run: &mut Run<'_, '_>) {
    let (mut recursive, mut moves, mut operands) = (false, false, Vec::new());
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-x", Skip), ("-i", Skip), ("-b", Write), ("-n", Skip), ("-P", Skip), ("-O", Write),
        ("--out", Write), ("-t", Skip), ("-s", Skip), ("-TT", Use::Opaque),
    ];
    split(run.args, options, false, |part| match part {
        Part::Flag(flag) => {
            recursive |= matches!(flag, "-r" | "-R" | "--recurse-paths");
            moves |= matches!(flag, "-m" | "--move");
        }
        Part::Value(..) => {}
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    for (index, operand) in operands.iter().enumerate() {
        let what = match (index, recursive, moves) {
            (0, ..) => Write,
            (_, _, true) => Move,
            (_, true, _) => ReadTree,
            _ => Read,
        };
        run.touch(what, operand);
    }
}

fn unzip(run: &mut Run<'_, '_>) {
    let (mut shows, mut folder, mut archive) = (false, None, None);
    split(run.args, &[("-d", Use::Folder), ("-P", Skip), ("-x", Skip)], false, |part| match part {
        Part::Flag(flag) => shows |= matches!(flag, "-l" | "-v" | "-t" | "-p" | "-c" | "-z" | "-Z"),
        Part::Value(_, Use::Folder, value) => folder = Some(value),
        Part::Value(..) => {}
        Part::Operand(operand) => {
            archive.get_or_insert_with(|| operand.clone());
        }
    });
    if let Some(archive) = archive {
        run.read(&archive);
        if !shows {
            let folder = folder.unwrap_or_else(|| Arg::plain("."));
            let there = run.reader.one_is_there(&[archive]);
            run.touch_if(there, WriteTree, &folder);
        }
    }
}

/// Compressors replace a file by another unless they write to standard output.
fn squeeze(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-o", Write), ("-S", Skip), ("--suffix", Skip), ("-T", Skip), ("--threads", Skip), ("-b", Skip),
        ("-M", Skip), ("--memlimit", Skip), ("-D", Read), ("-p", Skip),
    ];
    let (mut to_output, mut tests, mut keeps, mut output, mut recursive) = (false, false, false, None, false);
    let mut unpacks = false;
    let mut operands = Vec::new();
    split(run.args, options, false, |part| match part {
        Part::Flag(flag) => {
            to_output |= matches!(flag, "-c" | "--stdout" | "--to-stdout");
            tests |= matches!(flag, "-t" | "-l" | "--test" | "--list");
            keeps |= matches!(flag, "-k" | "--keep");
            recursive |= matches!(flag, "-r" | "--recursive");
            unpacks |= matches!(flag, "-d" | "--decompress" | "--uncompress");
        }
        Part::Value(_, Write, value) => output = Some(value),
        Part::Value(..) => {}
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    let ending = match run.name() {
        _ if unpacks => None,
        "gzip" | "pigz" => Some(".gz"),
        "bzip2" => Some(".bz2"),
        "xz" => Some(".xz"),
        "zstd" => Some(".zst"),
        _ => None,
    };
    for operand in &operands {
        run.touch(if recursive { ReadTree } else { Read }, operand);
        if !to_output && !tests && output.is_none() {
            let there = run.reader.one_is_there(std::slice::from_ref(operand));
            if recursive || !keeps {
                run.touch_if_there(if recursive { WriteTree } else { Write }, operand);
            }
            let beside = match ending.filter(|_| !operand.glob) {
                Some(ending) => Arg { text: format!("{}{ending}", operand.text).into(), ..operand.clone() },
                None => {
                    Arg { text: format!("{}.*", operand.text).into(), glob: true, splits: operand.splits }
                }
            };
            if !recursive {
                run.touch_if(there, Write, &beside);
            }
        }
    }
    if let Some(output) = output {
        run.write(&output);
    }
}

fn seven_zip(run: &mut Run<'_, '_>) {
    let mode = run.args.first().map_or("", |arg| &*arg.text).to_owned();
    let operands: Vec<Arg<'_>> =
        run.args.iter().skip(1).filter(|arg| !arg.text.starts_with('-')).cloned().collect();
    let folder = run.args.iter().find(|arg| arg.text.starts_with("-o")).map(|arg| arg.tail(2));
    let Some((archive, members)) = operands.split_first() else { return };
    match mode.as_str() {
        "a" | "u" => {
            run.write(archive);
            for member in members {
                run.touch(ReadTree, member);
            }
        }
        "x" | "e" => {
            run.read(archive);
            run.touch(WriteTree, &folder.unwrap_or_else(|| Arg::plain(".")));
        }
        "d" | "rn" => run.write(archive),
        _ => run.read(archive),
    }
}
