//! Recorded text is hostile: none of it reaches a terminal, a spreadsheet or a browser as more than text.

use super::project::{Project, session};

const COMMANDS: &[&str] = &[
    "echo \u{1b}[2J\u{1b}]0;owned\u{7}red",
    "echo \u{202e}gnp.exe\u{2066}",
    "echo '| a | b |\n|---|---|\n# heading'",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1; touch a",
    "-2+3",
    "echo '<script>alert(1)</script><img src=x onerror=alert(1)>'",
    "echo '[click](javascript:alert(1)) ![x](http://evil.example/x.png)'",
    "touch /etc/`printf x`\r\n; echo \u{9b}31m \u{85} \u{2028} \u{200b}",
];

fn project() -> Project {
    let project = Project::small();
    project.task("hostile", &session(COMMANDS));
    project
}

/// Characters that steer a terminal or the direction of text.
fn steers(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

#[track_caller]
fn clean(name: &str, text: &str) {
    let found: Vec<_> = text.lines().filter(|line| line.chars().any(steers)).collect();
    assert!(found.is_empty(), "{name} has {found:?}");
}

#[test]
fn nothing_steers_a_terminal() {
    let project = project();
    project.run(&["accept", "suites/small", "--all", "--reason", "r", "--by", "ana"]).ended(0);
    let mut tail = session(COMMANDS).replace("workspace/app", "workspace/\\u001b[31mapp");
    tail.push_str("{\"\u{202e}type\":\"\\u001b[31m\"}\n");
    project.write("suites/small/tasks/hostile/session.jsonl", tail);
    project.replace("suites/small/suite.toml", "mode = \"read-only\"", "mode = \"workspace-write\"");
    for arguments in
        [&["run", "suites/small"][..], &["diff", "suites/small"], &["explain", "suites/small", "hostile"]]
    {
        let ran = project.run(arguments);
        clean("stdout", &ran.stdout);
        clean("stderr", &ran.stderr);
    }
    for step in 1..=COMMANDS.len() + 1 {
        let ran = project.run(&["explain", "suites/small", "hostile", &step.to_string()]).ended(0);
        clean("explain", &ran.stdout);
    }
    let ran = project.run(&["explain", "suites/small", "\u{1b}[31m", "\u{202e}"]).ended(2);
    clean("stderr", &ran.stderr);
}

#[test]
fn reports_hold_text_alone() {
    let project = project();
    project.run(&["run", "suites/small"]);
    for (name, bytes) in project.files("reports/small") {
        clean(&name, &String::from_utf8(bytes).unwrap());
    }
    let page = project.read("reports/small/gate.md");
    let outside = without_code(&page);
    for text in ["<script", "<img", "](javascript", "![x]", "\n# heading", "\n|---|---|\n# "] {
        assert!(!outside.contains(text), "`{text}` is live in\n{page}");
    }
    for file in ["tasks.csv", "calls.csv", "approvals.csv"] {
        let path = project.path(&format!("reports/small/{file}"));
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
        for record in csv.records() {
            for field in &record.unwrap() {
                assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{file}: a formula {field:?}");
            }
        }
    }
}

/// A page of Markdown without its code spans.
fn without_code(page: &str) -> String {
    let mut left = String::new();
    for line in page.lines() {
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let ticks = rest[start..].chars().take_while(|character| *character == '`').count();
            left.push_str(&rest[..start]);
            let body = &rest[start + ticks..];
            let fence = "`".repeat(ticks);
            let Some(end) = body.find(&fence) else {
                rest = body;
                continue;
            };
            rest = body[end + ticks..].trim_start_matches('`');
        }
        left.push_str(rest);
        left.push('\n');
    }
    left
}
