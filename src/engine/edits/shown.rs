//! What commands show of files: whole ones, lines of them, or how they differ from the last commit.

use crate::action::shell::SimpleCommand;

/// What a command shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Lines of a file, from 1; `to` is `None` for all of them.
    File { folder: String, path: String, from: usize, to: Option<usize>, numbered: bool },
    /// The state of the tree.
    Status { folder: String, short: bool, from_top: bool },
    /// The tree's changes against the last commit.
    Diff,
}

impl Shown {
    /// What commands that stand one after the other show, when it is one thing.
    pub(crate) fn of(commands: &[SimpleCommand<'_>]) -> Option<Self> {
        let mut folder = String::new();
        let mut telling: Vec<Vec<&str>> = Vec::new();
        for command in commands {
            let program: &str = &command.program;
            let words: Vec<&str> =
                std::iter::once(program).chain(command.words.iter().map(AsRef::as_ref)).collect();
            match words.as_slice() {
                ["cd", to] if folder.is_empty() && telling.is_empty() => (*to).clone_into(&mut folder),
                ["cd", ..] => return None,
                _ => telling.push(words),
            }
        }
        let folder = if folder.is_empty() { ".".to_owned() } else { folder };
        let file = |path: &str, from, to, numbered| {
            let plain = !path.starts_with('-') && !path.contains(['*', '?', '[', '$', '~', '\u{fffd}']);
            let (folder, path) = (folder.clone(), path.to_owned());
            plain.then_some(Self::File { folder, path, from, to, numbered })
        };
        let one: Vec<&[&str]> = telling.iter().map(Vec::as_slice).collect();
        match one.as_slice() {
            [["cat", path]] => file(path, 1, None, false),
            [["cat", "-n", path] | ["nl", "-ba", path]] => file(path, 1, None, true),
            [["sed", "-n", range, path]] => {
                range_of(range).and_then(|(from, to)| file(path, from, to, false))
            }
            [["nl", "-ba", path] | ["cat", "-n", path], ["sed", "-n", range]] => {
                range_of(range).and_then(|(from, to)| file(path, from, to, true))
            }
            _ => Self::of_git(&one, &folder),
        }
    }

    fn of_git(telling: &[&[&str]], folder: &str) -> Option<Self> {
        let silent = |words: &[&str]| {
            matches!(words, ["pwd" | "true"] | ["git", "branch" | "rev-parse" | "remote", ..])
        };
        let mut rest = telling.iter().filter(|words| !silent(words));
        let words = rest.next()?;
        if rest.next().is_some() {
            return None;
        }
        match words {
            ["git", "status", options @ ..] if options.iter().all(|word| word.starts_with('-')) => {
                let from_top = options.iter().any(|word| word.starts_with("--porcelain"));
                let is_short = |word: &&str| matches!(*word, "-s" | "-sb" | "-bs" | "--short");
                let short = from_top || options.iter().any(is_short);
                Some(Self::Status { folder: folder.to_owned(), short, from_top })
            }
            ["git", "--no-pager", "diff", options @ ..] | ["git", "diff", options @ ..] => {
                options.iter().all(|word| is_of_worktree(word)).then_some(Self::Diff)
            }
            _ => None,
        }
    }
}

/// Does a `git diff` with this word still show files as they are, in a form that can be read? Words with a dot or a slash
/// are taken for paths; two commits are none.
fn is_of_worktree(word: &str) -> bool {
    let known = ["HEAD", "--no-color", "--color=never", "--no-ext-diff", "--", "-p", "--patch", "--minimal"];
    let context = word.strip_prefix("-U").or(word.strip_prefix("--unified="));
    let path = !word.starts_with('-') && word.contains(['.', '/']) && !word.contains("..");
    known.contains(&word)
        || context.is_some_and(|lines| lines.parse::<u32>().is_ok())
        || path && !word.starts_with("origin/")
}

/// `1,200p`, `7p` or `10,$p`.
fn range_of(text: &str) -> Option<(usize, Option<usize>)> {
    let lines = text.strip_suffix('p')?;
    let (from, to) = lines.split_once(',').unwrap_or((lines, lines));
    let from = from.parse().ok().filter(|from| *from > 0)?;
    match to {
        "$" => Some((from, None)),
        to => to.parse().ok().filter(|to| *to >= from).map(|to| (from, Some(to))),
    }
}

/// The lines of an output with their ends, without the numbers that `nl` and `cat -n` put before them. `None` where one
/// has no number.
pub(crate) fn lines(body: &str, numbered: bool) -> Option<Vec<String>> {
    let plain = |line: &str| line.replace("\r\n", "\n");
    if !numbered {
        return Some(body.split_inclusive('\n').map(plain).collect());
    }
    let strip = |line: &str| {
        let (number, rest) = line.split_once('\t')?;
        number.trim().parse::<u32>().ok().map(|_| plain(rest))
    };
    body.split_inclusive('\n').map(strip).collect()
}
