//! Editing and comparing text.

use super::awk::awk;
use super::options::{Part, split};
use super::run::Run;
use super::sed::sed;
use super::table::{Program, Spec, Use, code, pure, spec};

use Use::{Read, Skip, Update, Write};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(&["sed", "gsed"], sed),
    code(&["awk", "gawk", "mawk", "nawk"], awk),
    spec(
        &["diff", "colordiff", "sdiff", "wdiff", "delta", "difft"],
        Spec::each(Read).recursive(&["-r", "--recursive"]).options(&[
            ("-U", Skip), ("--unified?", Skip), ("-C", Skip), ("--context?", Skip), ("-x", Skip),
            ("--exclude", Skip), ("-X", Read), ("--exclude-from", Read), ("-I", Skip),
            ("--ignore-matching-lines", Skip), ("-W", Skip), ("--width", Skip), ("--label", Skip),
            ("-L", Skip), ("-F", Skip), ("-S", Skip), ("--color?", Skip), ("--from-file", Read),
            ("--to-file", Read), ("-o", Write),
        ]),
    ),
    spec(
        &["cmp"],
        Spec::each(Skip).first(&[Read, Read]).options(&[
            ("-n", Skip), ("-i", Skip), ("--bytes", Skip), ("--ignore-initial", Skip),
        ]),
    ),
    spec(&["diff3", "diffstat", "interdiff"], Spec::each(Read).options(&[("-p", Skip), ("-w", Skip)])),
    code(&["patch"], patch),
    code(&["jq", "gojq", "jaq"], jq),
    code(&["yq"], yq),
    spec(
        &["xmllint", "xmlstarlet", "tidy"],
        Spec::each(Read).options(&[
            ("--xpath", Skip), ("--schema", Read), ("--output", Write), ("-o", Write), ("--encode", Skip),
            ("--format?", Skip),
        ]),
    ),
    spec(
        &["iconv"],
        Spec::each(Read).options(&[
            ("-f", Skip), ("-t", Skip), ("--from-code", Skip), ("--to-code", Skip), ("-o", Write),
            ("--output", Write),
        ]),
    ),
    spec(&["dos2unix", "unix2dos"], Spec::each(Update)),
    spec(
        &["less", "more", "most", "zless"],
        Spec::each(Read).options(&[
            ("-p", Skip), ("-x", Skip), ("-o", Write), ("-O", Write), ("-P", Skip), ("-t", Skip),
        ]),
    ),
    pure(&["man", "info", "apropos", "whatis", "tldr", "help"]),
    code(
        &["vi", "vim", "nvim", "nano", "emacs", "ed", "ex", "code", "micro", "pico", "subl", "view"],
        editor,
    ),
    spec(
        &["pandoc"],
        Spec::each(Read).options(&[
            ("-o", Write), ("--output", Write), ("-f", Skip), ("-t", Skip), ("--from", Skip),
            ("--to", Skip), ("--template", Read), ("-F", Use::Opaque), ("--filter", Use::Opaque),
            ("--lua-filter", Use::Opaque),
        ]),
    ),
    spec(
        &["pdftotext", "pdfinfo", "pdftoppm", "pdfimages"],
        Spec::each(Write).first(&[Read]).options(&[("-f", Skip), ("-l", Skip), ("-r", Skip)]),
    ),
    spec(
        &["identify", "exiftool", "mediainfo", "ffprobe"],
        Spec::each(Read).options(&[("-v", Skip), ("-show_entries", Skip), ("-of", Skip), ("-i", Read)]),
    ),
    spec(&["msgfmt", "gettext", "envsubst"], Spec::each(Skip)),
    spec(
        &[
            "mdformat", "markdownlint", "vale", "codespell", "typos", "aspell", "hunspell", "yamllint",
            "shellcheck", "hadolint", "actionlint",
        ],
        Spec::each(Use::ReadTree).writes(&["--fix", "-w", "--write-changes"]).options(&[
            ("-f", Skip), ("--format", Skip), ("-c", Read), ("--config", Read), ("-s", Skip),
            ("--shell", Skip), ("-e", Skip), ("--exclude", Skip), ("-S", Skip), ("-d", Skip), ("-L", Skip),
            ("--ignore-words-list", Skip),
        ]),
    ),
];

/// `patch` changes the files that its input names.
fn patch(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-i", Read), ("--input", Read), ("-p", Skip), ("--strip", Skip), ("-d", Use::WriteTree),
        ("--directory", Use::WriteTree), ("-o", Write), ("--output", Write), ("-r", Write),
        ("--reject-file", Write), ("-F", Skip), ("--fuzz", Skip), ("-B", Skip), ("-D", Skip), ("-V", Skip),
        ("-z", Skip),
    ];
    let (mut values, mut operands, mut dry) = (Vec::new(), Vec::new(), false);
    split(run.args, options, false, |part| match part {
        Part::Flag(flag) => dry |= flag == "--dry-run",
        Part::Value(_, what, value) => values.push((what, value)),
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    for (what, value) in values {
        run.touch(what, &value);
    }
    match operands.as_slice() {
        [] if dry => {}
        [] => run.interpreted(),
        [file, patches @ ..] => {
            run.touch(Update, file);
            for patch in patches {
                run.read(patch);
            }
        }
    }
}

/// `jq`: a filter unless given by `-f`, then files; some options take two values.
fn jq(run: &mut Run<'_, '_>) {
    let (mut filtered, mut ended) = (false, false);
    let mut args = run.args.iter();
    if run.args.iter().any(|arg| arg.splits) {
        run.opaque(crate::action::Opaque::Expansion);
    }
    while let Some(arg) = args.next() {
        match &*arg.text {
            "--arg" | "--argjson" => drop(args.nth(1)),
            "--slurpfile" | "--rawfile" => args.nth(1).into_iter().for_each(|file| run.read(file)),
            "--args" | "--jsonargs" => return,
            "--indent" => drop(args.next()),
            "-L" | "--library-path" => {
                args.next().into_iter().for_each(|folder| run.touch(Use::ReadTree, folder));
            }
            "-f" | "--from-file" => {
                filtered = true;
                args.next().into_iter().for_each(|file| run.read(file));
            }
            "--" => ended = true,
            text if !ended && text.starts_with('-') && text.len() > 1 => {}
            _ if !filtered => filtered = true,
            _ => run.read(arg),
        }
    }
}

/// There are two programs of this name; both take a filter and files, and both can write in place.
fn yq(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-o", Skip), ("--output-format", Skip), ("-p", Skip), ("--input-format", Skip), ("-I", Skip),
        ("--indent", Skip), ("--from-file", Read), ("-s", Skip),
    ];
    let (mut in_place, mut operands) = (false, Vec::new());
    split(run.args, options, false, |part| match part {
        Part::Flag(flag) => in_place |= matches!(flag, "-i" | "--inplace" | "--in-place"),
        Part::Value(..) => {}
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    let commands = ["eval", "e", "eval-all", "ea", "r", "read"];
    let skip = 1 + usize::from(operands.first().is_some_and(|first| commands.contains(&&*first.text)));
    for file in operands.iter().skip(skip) {
        run.touch(if in_place { Update } else { Read }, file);
    }
}

/// An editor can do anything to the files that it is given, and more.
fn editor(run: &mut Run<'_, '_>) {
    for arg in run.args {
        if !arg.text.starts_with(['-', '+']) {
            run.read(arg);
            run.write(arg);
        }
    }
    run.unknown_program();
}
