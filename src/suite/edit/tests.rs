use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::origin::{Origin, Tree};
use super::*;
use crate::decision::{Approval, HumanFinding, HumanVerdict, Lasting, Proposal, ProposedApproval, Witness};

const HAND: &str = r#"# reviewed twice
repo = "app"       # the shop
commit = '4f1c0000aa'

[decision] # by the captain
outcome = "block"
by = "kim"
# the first prompt
[[decision.approval]]
call = "call_1"
verdict = "reworked" # came back
"#;

fn time(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

fn approval(call: &str, verdict: HumanVerdict) -> Approval {
    Approval {
        call: call.into(),
        verdict,
        lasting: Lasting::Once,
        by: None,
        source: Witness::Otel,
        note: None,
        asked_at: Some(time("2026-05-12T11:14:03.0009+02:00")),
        decided_at: Some(time("2026-05-12T09:15:41Z")),
        line: 0,
        column: 0,
    }
}

fn edit(text: &str, change: impl FnOnce(&mut TaskEdit)) -> String {
    let mut edit: TaskEdit = text.parse().unwrap();
    change(&mut edit);
    edit.to_string()
}

#[test]
fn what_says_the_same_keeps_its_bytes() {
    let out = edit(HAND, |edit| {
        edit.set_snapshot("app", "4f1c0000aa");
        assert_eq!(edit.decide("Block", Some("lee"), None), Kept::Same);
    });
    assert_eq!(out, HAND);
}

#[test]
fn a_persons_words_stay_and_a_conflict_is_told() {
    let out = edit(HAND, |edit| {
        assert_eq!(edit.decide("approve", Some("lee"), None), Kept::Other("block".into()));
        let declined = approval("call_1", HumanVerdict::Declined);
        assert_eq!(edit.add_approval(&declined), Kept::Other("reworked".into()));
    });
    assert_eq!(out, HAND);
}

/// A log knows only that a call was let run: it adds the times to what a person wrote.
#[test]
fn an_entry_without_times_gets_them_once() {
    let accepted = approval("call_1", HumanVerdict::Accepted);
    let out = edit(HAND, |edit| assert_eq!(edit.add_approval(&accepted), Kept::Written));
    let added = "asked_at = \"2026-05-12T09:14:03.000Z\"\ndecided_at = \"2026-05-12T09:15:41.000Z\"\n";
    assert_eq!(out, format!("{HAND}{added}"));
    assert_eq!(edit(&out, |edit| assert_eq!(edit.add_approval(&accepted), Kept::Same)), out);
}

#[test]
fn for_how_long_an_answer_holds_is_written() {
    for (lasting, wanted) in [
        (Lasting::Once, ""),
        (Lasting::Session, "for = \"session\"\n"),
        (Lasting::Rule(Vec::new()), "for = \"rule\"\n"),
        (Lasting::Rule(vec!["git".into(), "a b".into()]), "for = \"rule\"\nprefix = [\"git\", \"a b\"]\n"),
    ] {
        let given = Approval { lasting, asked_at: None, ..approval("call_9", HumanVerdict::Accepted) };
        let out = edit("", |edit| assert_eq!(edit.add_approval(&given), Kept::Written));
        assert!(out.contains(&format!("verdict = \"accepted\"\n{wanted}")), "{out}");
        assert_eq!(out.contains("for ="), !wanted.is_empty());
    }
}

#[test]
fn new_entries_come_after_the_old_ones() {
    let finding = HumanFinding {
        path: "a \"b\".sql".into(),
        line: Some(3),
        summary: "drops\na column".into(),
        confirmed: true,
        by: Some("kim".into()),
        note: None,
    };
    let out = edit(HAND, |edit| {
        assert_eq!(edit.add_approval(&approval("call_2", HumanVerdict::Declined)), Kept::Written);
        assert_eq!(edit.add_finding(&finding), Kept::Written);
        assert_eq!(edit.add_finding(&finding), Kept::Same);
        let denied = HumanFinding { confirmed: false, ..finding.clone() };
        assert_eq!(edit.add_finding(&denied), Kept::Other("confirmed = true".into()));
    });
    assert!(out.starts_with(HAND), "{out}");
    assert!(out.contains("[[decision.approval]]\ncall = \"call_2\"\nverdict = \"declined\"\n"), "{out}");
    assert!(out.contains("source = \"otel\"\n"), "{out}");
    let read: toml::Table = out.parse().unwrap();
    assert_eq!(read["decision"]["finding"][0]["summary"].as_str(), Some("drops\na column"));
}

/// Tables and lists may be written inline or by dotted keys.
#[test]
fn every_way_of_writing_a_decision_can_be_changed() {
    for text in [
        "decision = { outcome = \"block\", approval = [{ call = \"a\", verdict = \"accepted\" }] }\n",
        "decision.outcome = \"block\"\ndecision.approval = [{ call = \"a\", verdict = \"accepted\" }]\n",
        "[decision]\noutcome = \"block\"\napproval = [{ call = \"a\", verdict = \"accepted\" }]\n[proposed]\noutcome = \"x\"\n",
        "[[decision.approval]]\ncall = \"a\"\nverdict = \"accepted\"\n",
        "",
    ] {
        let out = edit(text, |edit| {
            edit.add_approval(&approval("b", HumanVerdict::Accepted));
            edit.set_merged("abcdef0", &["1234567".into()]);
            edit.set_restarted(true);
        });
        let read: toml::Table = out.parse().unwrap_or_else(|error| panic!("{error}\n{out}"));
        let decision = &read["decision"];
        let calls: Vec<_> =
            decision["approval"].as_array().unwrap().iter().map(|a| a["call"].as_str()).collect();
        let wanted = if text.contains("\"a\"") { vec![Some("a"), Some("b")] } else { vec![Some("b")] };
        assert_eq!(calls, wanted, "{out}");
        assert_eq!(decision.get("outcome").is_some(), text.contains("block"), "{out}");
        assert_eq!(decision["merged"].as_str(), Some("abcdef0"));
        assert_eq!(decision["restarted"].as_bool(), Some(true));
    }
}

#[test]
fn a_new_task_is_written_whole_and_proposals_go_one_by_one() {
    let mut edit = TaskEdit::new();
    edit.set_snapshot("app", "4f1c0000aa");
    edit.set_cwd(Some("/home/u1/app"));
    edit.add_labels(&["codex".into()]);
    let proposal = Proposal {
        merged: Some("9ab0000".into()),
        similarity: Some(0.876),
        evidence: vec!["commit 9ab0000 holds 21 of 24 changed lines".into()],
        approvals: vec![ProposedApproval {
            call: "call_1".into(),
            verdict: HumanVerdict::Declined,
            evidence: Some("its output says `rejected by user`".into()),
        }],
        ..Proposal::default()
    };
    edit.set_proposal(&proposal);
    let origin =
        Origin { thread: "t1".into(), tree: Tree::Dirty, missing: vec!["a".into()], ..Origin::default() };
    edit.set_origin(&origin);
    let whole = edit.to_string();
    insta::assert_snapshot!(whole, @r#"
    repo = "app"
    commit = "4f1c0000aa"
    cwd = "/home/u1/app"
    labels = ["codex"]

    [proposed]
    merged = "9ab0000"
    similarity = 0.88
    evidence = ["commit 9ab0000 holds 21 of 24 changed lines"]

    [[proposed.approval]]
    call = "call_1"
    verdict = "declined"
    evidence = "its output says `rejected by user`"

    [import]
    thread = "t1"
    tree = "dirty"
    missing = ["a"]
    "#);
    edit.set_proposal(&proposal);
    edit.set_origin(&origin);
    assert_eq!(edit.to_string(), whole);

    edit.remove_proposed_outcome();
    assert!(edit.to_string().contains("[[proposed.approval]]"));
    edit.remove_proposed_approval("call_1");
    assert!(!edit.to_string().contains("proposed"), "{edit}");
}

#[test]
fn what_is_no_toml_is_refused_with_the_reason() {
    let error = "repo = ".parse::<TaskEdit>().unwrap_err().to_string();
    assert!(error.starts_with("not valid TOML: "), "{error}");
}

#[test]
fn a_confirmed_part_goes_and_comments_stay() {
    let text = "repo = \"app\"\n\n# Of the import.\n[proposed]\noutcome = \"a\"\nmerged = \"9ab0000\"\nsimilarity = 0.9\n\
                evidence = [\"e\"]\n\n# Where from.\n[import]\nthread = \"t\"\n";
    let mut edit: TaskEdit = text.parse().unwrap();
    edit.remove_proposed(ProposedPart::Merged);
    let left = "# Of the import.\n[proposed]\noutcome = \"a\"\nevidence = [\"e\"]\n\n# Where from.\n";
    assert!(edit.to_string().contains(left), "{edit}");
    edit.remove_proposed(ProposedPart::Outcome);
    let left = "repo = \"app\"\n\n# Of the import.\n# Where from.\n[import]\nthread = \"t\"\n";
    assert_eq!(edit.to_string(), left);
    edit.remove_proposed(ProposedPart::Restarted);
    assert_eq!(edit.to_string(), left);
}

#[test]
fn a_replaced_verdict_keeps_times_and_a_replaced_finding_its_words() {
    let text = "[decision]\n[[decision.approval]]\ncall = \"c\" # this\nverdict = \"accepted\"\n\
                asked_at = \"2026-01-01T00:00:00Z\"\n[[decision.finding]]\npath = \"a\"\nsummary = \"s\"\nconfirmed = true\n";
    let mut edit: TaskEdit = text.parse().unwrap();
    let mut approval = approval("c", HumanVerdict::Declined);
    approval.source = Witness::Person;
    approval.by = Some("bo".into());
    edit.replace_verdict(&approval);
    let finding = HumanFinding {
        path: "a".into(),
        line: None,
        summary: "s".into(),
        confirmed: false,
        by: Some("bo".into()),
        note: None,
    };
    edit.replace_finding(&finding);
    let after = edit.to_string();
    let kept =
        "call = \"c\" # this\nverdict = \"declined\"\nasked_at = \"2026-01-01T00:00:00Z\"\nby = \"bo\"\n";
    assert!(after.contains(kept), "{after}");
    assert!(after.ends_with("summary = \"s\"\nconfirmed = false\nby = \"bo\"\n"), "{after}");
}
