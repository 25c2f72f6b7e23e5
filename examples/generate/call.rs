//! The calls of a generated session: the mix and the sizes of real ones.

use serde_json::{Value, json};

/// A small deterministic source of numbers (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Letters and digits.
    pub fn text(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..length).map(|_| char::from(LETTERS[self.below(64)])).collect()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const FILES: &[&str] = &[
    "src/main.rs",
    "src/lib.rs",
    "src/report/table.rs",
    "docs/guide.md",
    "README.md",
    "Cargo.toml",
    "tests/cli.rs",
];
const FOLDERS: &[&str] = &["src", "tests", "docs", "src/report"];
const WORDS: &[&str] = &["release", "fn main", "TODO", "struct Report", "deprecated", "unsafe"];

/// A call and what it was answered.
pub struct Call {
    pub item: Value,
    pub output: Value,
}

impl Call {
    pub fn pick(random: &mut Random, id: &str) -> Self {
        match random.below(20) {
            0 | 1 => Self::patch(random, id),
            2 => Self::mcp(random, id),
            _ => Self::shell(random, id),
        }
    }

    fn shell(random: &mut Random, id: &str) -> Self {
        let (file, folder, word) = (random.of(FILES), random.of(FOLDERS), random.of(WORDS));
        let line = 1 + random.below(200);
        let command = match random.below(12) {
            0 | 1 => format!("sed -n '{line},{}p' {file}", line + 60),
            2 => format!("cat {file}"),
            3 => format!("rg -n \"{word}\" {folder}"),
            4 => format!("ls -la {folder}"),
            5 => "git status --short && git log --oneline -5".to_owned(),
            6 => format!("git diff HEAD~1 -- {file} | head -n {line}"),
            7 => format!("nl -ba {file} | sed -n '{line},{}p'", line + 40),
            8 => format!("find {folder} -name '*.rs' -maxdepth 3 | sort"),
            9 => format!("cd {folder} && grep -rn '{word}' . 2>/dev/null | wc -l"),
            10 => "cargo test --quiet".to_owned(),
            _ => format!("for f in {folder}/*.rs; do echo \"$f\"; head -n 3 \"$f\"; done"),
        };
        let arguments = json!({"cmd": command, "workdir": "/home/dev/app", "yield_time_ms": 1000, "max_output_tokens": 6000});
        Self {
            item: json!({"type": "function_call", "name": "exec_command", "arguments": arguments.to_string(), "call_id": id}),
            output: Self::output(random, id),
        }
    }

    fn output(random: &mut Random, id: &str) -> Value {
        let length = 300 + random.below(400);
        let mut body = String::with_capacity(length + 80);
        while body.len() < length {
            body.push_str(random.of(FILES));
            body.push_str(":12:    let value = parse(&text)?;\n");
        }
        let text = format!(
            "Chunk ID: {}\nWall time: 0.0512 seconds\nProcess exited with code 0\nOriginal token count: {}\nOutput:\n{body}",
            random.text(6),
            length / 4
        );
        json!({"type": "function_call_output", "call_id": id, "output": text})
    }

    fn patch(random: &mut Random, id: &str) -> Self {
        let input = format!(
            "*** Begin Patch\n*** Add File: docs/note-{}.md\n+# Note\n+{}\n+{}\n*** End Patch\n",
            random.below(1000),
            random.of(WORDS),
            random.of(FILES)
        );
        Self {
            item: json!({"type": "custom_tool_call", "status": "completed", "call_id": id, "name": "apply_patch", "input": input}),
            output: json!({"type": "custom_tool_call_output", "call_id": id,
                "output": "{\"output\":\"Success. Updated the following files:\\nA docs/note.md\\n\",\"metadata\":{\"exit_code\":0,\"duration_seconds\":0.0}}"}),
        }
    }

    fn mcp(random: &mut Random, id: &str) -> Self {
        let arguments = json!({"id": random.below(5000)}).to_string();
        let text = format!(
            "Wall time: 0.0042 seconds\nOutput:\n{{\"title\":\"{}\",\"state\":\"open\"}}",
            random.text(300)
        );
        Self {
            item: json!({"type": "function_call", "name": "read_issue", "namespace": "mcp__tracker", "arguments": arguments, "call_id": id}),
            output: json!({"type": "function_call_output", "call_id": id, "output": text}),
        }
    }
}
