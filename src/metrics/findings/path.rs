/// How differently two paths are written: not at all, in case, or one with more before it; `None`: other files.
pub(super) fn path_difference(reported: &str, judged: &str) -> Option<u64> {
    if reported == judged {
        return Some(0);
    }
    if reported.eq_ignore_ascii_case(judged) {
        return Some(1);
    }
    // A diff's `a/` and `b/`, or the folder of the checkout before a path that starts at its root.
    let ends = |long: &str, short: &str| {
        let before = long.strip_suffix(short).and_then(|before| before.strip_suffix('/'));
        before.is_some_and(|before| {
            let drive = before.as_bytes().get(1) == Some(&b':');
            before.starts_with('/') || drive || matches!(before, "" | "a" | "b")
        })
    };
    (ends(reported, judged) || ends(judged, reported)).then_some(2)
}

/// A path without the ways in which agents decorate it, and the line that may stand behind it: `./src//a.rs:12-14`.
pub(super) fn plain_path(path: &str) -> (String, Option<u32>) {
    let path = path.trim().trim_matches('`').replace('\\', "/");
    let (path, line) = split_line(&path);
    let mut plain = String::with_capacity(path.len());
    if path.starts_with('/') {
        plain.push('/');
    }
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if !plain.is_empty() && !plain.ends_with('/') {
            plain.push('/');
        }
        plain.push_str(part);
    }
    (plain, line)
}

/// `a.rs:12`, `a.rs:12:3`, `a.rs:12-14` and `a.rs#L12`; a range is told by its first line.
fn split_line(path: &str) -> (&str, Option<u32>) {
    let is_line = |text: &str| {
        let text = text.trim_start_matches('L');
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let rest = &text[digits..];
        let range = rest.is_empty() || (rest.starts_with(['-', ':', '–']) && !rest.contains('/'));
        text[..digits].parse::<u32>().ok().filter(|_| range)
    };
    let at = path.find("#L").map(|at| (at, at + 1)).or_else(|| {
        let colons = path.match_indices(':').map(|(at, _)| (at, at + 1));
        colons.into_iter().find(|(_, after)| is_line(&path[*after..]).is_some())
    });
    match at.and_then(|(at, after)| Some((at, is_line(&path[after..])?))) {
        Some((at, line)) if at > 0 => (&path[..at], Some(line)),
        _ => (path, None),
    }
}
