//! What a command put out, where the recording holds all of it.

use crate::transcript::Call;

/// Words by which Codex, in any version, marks what it left out.
const CUT: &[&str] =
    &["tokens truncated", "lines truncated", "chars truncated", "[... omitted ", "truncated output"];
/// Longest head that Codex puts before an output, in bytes.
const MAX_HEAD: usize = 600;

/// The output of a command without what Codex says about it; `None` where some of it is, or may be, left out.
pub(crate) fn whole(call: &Call<'_>) -> Option<String> {
    let text = call.output?.text();
    if call.running_terminal().is_some() {
        return None;
    }
    let body = body(&text)?;
    (!CUT.iter().any(|mark| text.contains(mark))).then_some(body)
}

fn body(text: &str) -> Option<String> {
    if text.starts_with("{\"output\":") {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        return value.get("output")?.as_str().map(str::to_owned);
    }
    let frames = ["Chunk ID: ", "Exit code: ", "Wall time: ", "Process exited"];
    if frames.iter().any(|frame| text.starts_with(frame)) {
        let head = &text[..text.floor_char_boundary(MAX_HEAD)];
        if head.contains("\nTotal output lines: ") {
            return None;
        }
        let at = head.find("\nOutput:\n")?;
        return Some(text[at + "\nOutput:\n".len()..].to_owned());
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn heads_of_all_eras_are_taken_off() {
        for (text, want) in [
            (
                "Chunk ID: ab\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\na\nb\n",
                Some("a\nb\n"),
            ),
            ("Exit code: 0\nWall time: 1 seconds\nOutput:\nOutput:\nx", Some("Output:\nx")),
            ("Exit code: 0\nWall time: 1 seconds\nTotal output lines: 900\nOutput:\nx", None),
            ("{\"output\":\"a\\n\",\"metadata\":{\"exit_code\":0}}", Some("a\n")),
            ("plain\n", Some("plain\n")),
            ("Chunk ID: ab\nnothing", None),
        ] {
            assert_eq!(body(text).as_deref(), want, "{text}");
        }
    }
}
