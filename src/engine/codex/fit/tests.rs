use super::*;
use crate::decision::{Rule, Ruling};
use crate::replay::EffectRow;
use crate::transcript::{Recorded, StepKind as Kind, Transcript};

/// A command that ended with this code and printed this, as Codex records it.
fn recording(script: &str, code: i64, output: &str) -> String {
    let arguments = serde_json::json!({ "cmd": script }).to_string();
    let answer = format!(
        "Chunk ID: a\nWall time: 0.1 seconds\nProcess exited with code {code}\nOriginal token count: 1\nOutput:\n{output}"
    );
    let items = [
        serde_json::json!({"type": "function_call", "name": "exec_command", "call_id": "c1", "arguments": arguments}),
        serde_json::json!({"type": "function_call_output", "call_id": "c1", "output": answer}),
    ];
    let line =
        |item| serde_json::json!({"timestamp": "", "type": "response_item", "payload": item}).to_string();
    items.map(line).join("\n")
}

fn step(verdict: Verdict, phase: Phase, (access, target): (Access, &str)) -> ReplayStep {
    let effect = EffectRow { access, target: target.to_owned(), scope: Scope::Out, rule: None };
    let ruling =
        Ruling { verdict, phase, reason: "the sandbox stops it".into(), rule: Rule::built_in("read-only") };
    ReplayStep {
        kind: StepKind::Shell,
        ruling,
        effects: vec![effect],
        ..crate::replay::sample::step("c1", "a command")
    }
}

/// Weighs a command, and settles a doubt with this control play.
fn told(
    step: &ReplayStep,
    (script, code, output): (&str, i64, &str),
    control: Option<&Control>,
    thorough: bool,
) -> (bool, Weighed) {
    told_after(step, (script, code, output), control, thorough, false)
}

/// The same; `worked`: it ended well in the recording.
fn told_after(
    step: &ReplayStep,
    (script, code, output): (&str, i64, &str),
    control: Option<&Control>,
    thorough: bool,
    worked: bool,
) -> (bool, Weighed) {
    let text = recording(script, code, output);
    let transcript = Transcript::read(text.as_bytes()).unwrap();
    let calls = transcript.steps.iter().find_map(|step| match &step.kind {
        Kind::Call(call) => Some(call),
        _ => None,
    });
    let call = calls.unwrap();
    assert!(matches!(call.recorded(), Recorded::Ran | Recorded::SandboxDenied));
    let place = RanIn::Offline;
    let seen = Seen {
        call,
        question: None,
        denied: false,
        begun: true,
        hooked: false,
        place,
        worked,
        took: Some(120),
    };
    let places = Places {
        top: "/app".to_owned(),
        home: "/home/u".to_owned(),
        codex_home: "/home/u/.codex".to_owned(),
    };
    match weigh(seen.observed().unwrap(), step, &seen, thorough) {
        Weighed::Doubt(observed) => (true, settle(observed, step, &seen, control, &places)),
        weighed => (false, weighed),
    }
}

/// In short: who told, and what.
fn short((doubt, weighed): (bool, Weighed)) -> &'static str {
    match (doubt, weighed) {
        (false, Weighed::Told(told)) if told.verdict == Verdict::Deny => "deny",
        (false, Weighed::Told(_)) => "allow",
        (true, Weighed::Told(told)) if told.verdict == Verdict::Deny => "control: deny",
        (true, Weighed::Told(_)) => "control: allow",
        (_, Weighed::Untold(_)) => "not told",
        (_, Weighed::TooSlow | Weighed::Doubt(_)) => "other",
    }
}

#[test]
fn only_evidence_makes_a_denial_of_the_sandbox() {
    let write = (Access::Write, "sub/x");
    let stopped = Control::Stopped("changes sub/x".to_owned());
    for (target, ran, control, want) in [
        // The system's words about the file are evidence; those of the command itself, or about another, are not.
        (write, ("touch sub/x", 1, "touch: cannot touch 'sub/x': Read-only file system\n"), None, "deny"),
        (write, ("touch sub/x || true", 0, "touch: sub/x: Permission denied\n"), None, "deny"),
        (write, ("python3 a.py", 1, "OSError: [Errno 30] Read-only file system: 'sub/x'\n"), None, "deny"),
        (
            write,
            ("cat log; touch sub/x", 0, "it said: Permission denied\n"),
            Some(&Control::Alike),
            "control: allow",
        ),
        (
            write,
            ("echo a: Permission denied; exit 1", 1, "a: Permission denied\n"),
            Some(&Control::Alike),
            "control: allow",
        ),
        // Without them it is what the same does without the sandbox.
        (
            write,
            ("rm sub/x", 1, "rm: sub/x: No such file or directory\n"),
            Some(&Control::Alike),
            "control: allow",
        ),
        (write, ("touch sub/x 2>/dev/null", 1, ""), Some(&stopped), "control: deny"),
        (write, ("touch sub/x 2>/dev/null || true", 0, ""), Some(&stopped), "control: deny"),
        (write, ("ls sub/x || true", 0, "a\n"), Some(&Control::Differs), "control: deny"),
        (write, ("date; rm sub/x", 1, "now\n"), Some(&Control::Unclear("it varies")), "not told"),
        // And without that nothing.
        (write, ("rm sub/x", 1, "rm: sub/x: No such file or directory\n"), None, "not told"),
        (write, ("touch sub/x 2>/dev/null || true", 0, ""), None, "not told"),
        (write, ("touch sub/x", 0, ""), None, "control: allow"),
        (write, ("nothing-such sub/x", 127, "bash: nothing-such: command not found\n"), None, "not told"),
        // The jail stops some of it as well.
        ((Access::Write, "/etc/x"), ("touch /etc/x", 1, ""), Some(&Control::Alike), "not told"),
        ((Access::Write, "/home/u/x"), ("rm ~/x", 1, "no\n"), Some(&Control::Alike), "control: allow"),
    ] {
        let step = step(Verdict::Deny, Phase::Sandbox, target);
        assert_eq!(short(told(&step, ran, control, false)), want, "{ran:?} {control:?}");
    }
}

#[test]
fn a_missing_network_is_told_by_words_numbers_and_visits() {
    let step = step(Verdict::Deny, Phase::Sandbox, (Access::Connect, "example.invalid"));
    for (ran, control, want) in [
        (
            ("curl http://example.invalid", 6, "curl: (6) Could not resolve host: example.invalid\n"),
            None,
            "deny",
        ),
        (("curl -s http://example.invalid", 6, ""), None, "deny"),
        (("wget -q http://example.invalid", 4, ""), None, "deny"),
        (
            ("cat missing && curl -s http://example.invalid", 1, "cat: missing: No such file\n"),
            None,
            "not told",
        ),
        (("cat missing && curl -s http://x", 1, "no\n"), Some(&Control::Alike), "not told"),
        (("curl -s http://example.invalid || true", 0, ""), Some(&Control::Connects), "control: deny"),
    ] {
        assert_eq!(short(told(&step, ran, control, false)), want, "{ran:?} {control:?}");
    }
}

#[test]
fn what_was_let_through_is_in_doubt_where_all_is() {
    let step = step(Verdict::Allow, Phase::Sandbox, (Access::Write, "sub/x"));
    let ran = ("make", 0, "done\n");
    let stopped = Control::Stopped("changes sub/x".to_owned());
    assert_eq!(short(told(&step, ran, Some(&stopped), false)), "allow");
    assert_eq!(short(told(&step, ran, Some(&stopped), true)), "control: deny");
    assert_eq!(short(told(&step, ran, Some(&Control::Connects), true)), "control: deny");
    for control in [Some(&Control::Alike), Some(&Control::Differs), None] {
        assert_eq!(short(told(&step, ran, control, true)), "control: allow", "{control:?}");
    }
}

#[test]
fn words_of_refusal_are_doubted_where_none_was_predicted() {
    let step = step(Verdict::Allow, Phase::Sandbox, (Access::Read, "log"));
    for (ran, control, want) in [
        (("cat log; exit 1", 1, "x: Permission denied\n"), Some(&Control::Alike), "control: allow"),
        (
            ("cat log; exit 1", 1, "x: Permission denied\n"),
            Some(&Control::Unclear("it varies")),
            "control: deny",
        ),
        (("cat log; exit 1", 1, "x: Permission denied\n"), None, "control: deny"),
        (("echo 'Permission denied'; exit 1", 1, "Permission denied\n"), None, "control: allow"),
        (
            ("make", 1, "a.o: Read-only file system\n"),
            Some(&Control::Stopped("changes a.o".to_owned())),
            "control: deny",
        ),
        // What Codex says itself leaves no doubt.
        (("make", 159, ""), Some(&Control::Alike), "deny"),
    ] {
        assert_eq!(short(told(&step, ran, control, false)), want, "{ran:?} {control:?}");
    }
}

#[test]
fn a_failure_that_the_recording_does_not_have_tells_nothing() {
    let step = step(Verdict::Deny, Phase::Sandbox, (Access::Write, "node_modules"));
    let failed = ("rm -r node_modules", 1, "rm: node_modules: No such file or directory\n");
    assert_eq!(short(told_after(&step, failed, Some(&Control::Alike), false, true)), "not told");
    assert_eq!(short(told_after(&step, failed, Some(&Control::Alike), false, false)), "control: allow");
    let well = ("rm -r node_modules || true", 0, "");
    assert_eq!(short(told_after(&step, well, Some(&Control::Alike), false, true)), "control: allow");
}
