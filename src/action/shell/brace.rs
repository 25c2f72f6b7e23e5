//! Brace expansion: `a{b,c}` and `{1..3}`.

/// Deepest nesting of braces that is followed.
const MAX_DEPTH: usize = 8;

/// Whether `raw` holds an unquoted brace list or range.
pub(super) fn has_list(raw: &str) -> bool {
    find(raw).is_some()
}

/// The words that `raw` becomes, quotes kept; `None` when they would be more than `limit`.
pub(super) fn expand(raw: &str, limit: usize) -> Option<Vec<String>> {
    let mut done = Vec::new();
    step(raw, limit, MAX_DEPTH, &mut done)?;
    Some(done)
}

fn step(raw: &str, limit: usize, depth: usize, done: &mut Vec<String>) -> Option<()> {
    let Some(list) = find(raw) else {
        done.push(raw.to_owned());
        return (done.len() <= limit).then_some(());
    };
    let depth = depth.checked_sub(1)?;
    for choice in list.choices(limit)? {
        step(&format!("{}{choice}{}", list.before, list.after), limit, depth, done)?;
    }
    Some(())
}

struct List<'s> {
    before: &'s str,
    inner: &'s str,
    after: &'s str,
    commas: Vec<usize>,
}

impl List<'_> {
    fn choices(&self, limit: usize) -> Option<Vec<String>> {
        if self.commas.is_empty() {
            let (from, to) = range(self.inner)?;
            let count = usize::try_from((to - from).unsigned_abs()).ok()?.checked_add(1)?;
            if count > limit {
                return None;
            }
            let numbers: Vec<String> = (from.min(to)..=from.max(to)).map(|n| n.to_string()).collect();
            return Some(numbers);
        }
        let mut start = 0;
        let mut choices = Vec::with_capacity(self.commas.len() + 1);
        for end in self.commas.iter().copied().chain([self.inner.len()]) {
            choices.push(self.inner.get(start..end)?.to_owned());
            start = end + 1;
        }
        (choices.len() <= limit).then_some(choices)
    }
}

fn range(inner: &str) -> Option<(i64, i64)> {
    let (from, to) = inner.split_once("..")?;
    let short = |text: &str| if text.len() < 10 { text.parse::<i64>().ok() } else { None };
    Some((short(from)?, short(to)?))
}

/// The first brace list or range of `raw`.
fn find(raw: &str) -> Option<List<'_>> {
    let marks = marks(raw);
    for (index, (at, mark)) in marks.iter().enumerate() {
        if *mark != b'{' {
            continue;
        }
        let (mut depth, mut commas) = (0_usize, Vec::new());
        for (end, mark) in marks.get(index..)? {
            match mark {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b',' if depth == 1 => commas.push(end - at - 1),
                _ => {}
            }
            if depth == 0 {
                let inner = raw.get(at + 1..*end)?;
                if !commas.is_empty() || range(inner).is_some() {
                    return Some(List { before: raw.get(..*at)?, inner, after: raw.get(end + 1..)?, commas });
                }
                break;
            }
        }
    }
    None
}

/// Unquoted braces and commas with their places; `${` is none.
fn marks(raw: &str) -> Vec<(usize, u8)> {
    let bytes = raw.as_bytes();
    let (mut at, mut quote, mut found) = (0, None, Vec::new());
    while let Some(&b) = bytes.get(at) {
        match (quote, b) {
            (None | Some(b'"'), b'\\') => at += 1,
            (None, b'\'' | b'"') => quote = Some(b),
            (Some(q), b) if q == b => quote = None,
            (None, b'$') if matches!(bytes.get(at + 1), Some(b'{' | b'(')) => {
                let close = if bytes.get(at + 1) == Some(&b'{') { b'}' } else { b')' };
                at += bytes.get(at..).and_then(|rest| memchr::memchr(close, rest)).unwrap_or(0);
            }
            (None, b'{' | b'}' | b',') => found.push((at, b)),
            _ => {}
        }
        at += 1;
    }
    if found.len() > 256 { Vec::new() } else { found }
}
