use super::*;
use crate::action::{Additional, Command, Dialect, Permissions, shell};
use crate::boundary::Features;
use crate::boundary::rules::{ExecPolicy, Invocation};
use crate::boundary::sandbox::{Kind, Sandbox, Workspace};
use crate::finding::Finding;
use crate::plugin::Config;
use crate::source::TextFile;

const RULES: &str = "prefix_rule([\"true\"],\"allow\")\nprefix_rule([\"sh\"],\"prompt\",justification=\"why sh\")\n\
                     prefix_rule([\"fb\"],\"forbidden\")\n";
const READ_ONLY: &str = "sandbox_mode = \"read-only\"";
const FULL: &str = "sandbox_mode = \"danger-full-access\"";
const DENYING: &str = "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"read\"\n\
                       \":workspace_roots\" = { \".env\" = \"deny\" }";

fn config(text: &str) -> (Config, Vec<Finding>) {
    let mut findings = Vec::new();
    let config = Config::from_layers([&TextFile::new("config.toml", text)], &mut findings);
    (config, findings)
}

fn sandbox(text: &str) -> Sandbox {
    Sandbox::compile(&config(text).0, &Config::default(), None, &mut Vec::new())
}

fn approvals(policy: ApprovalPolicy) -> Approvals {
    Approvals { policy, rule: Rule::built_in("test"), reviewer: Reviewer::User }
}

fn granular(sandbox_approval: bool, rules: bool) -> ApprovalPolicy {
    ApprovalPolicy::Granular(Granular {
        sandbox_approval,
        rules,
        skill_approval: false,
        request_permissions: false,
        mcp_elicitations: sandbox_approval,
    })
}

/// `run`, `out` (runs outside the sandbox), `ask` with where it runs when accepted and the reason, or the refusal.
fn shell_step(text: &str, escalated: bool, rules: &str, policy: ApprovalPolicy, sandbox: &Sandbox) -> String {
    let mut findings = Vec::new();
    let file = TextFile::new("a.rules", rules);
    let rules = ExecPolicy::compile(&[file], &Config::default(), &mut findings);
    assert!(findings.is_empty(), "{findings:?}");
    let command = Command::Script { dialect: Dialect::Posix, text: text.into() };
    let invocation = Invocation::new(&command, "/w");
    let decision = rules.decide(&invocation);
    let forced_rm = decision.any_unmatched(&command, shell::has_forced_rm);
    let request = Request { escalated, permissions: Permissions::default() };
    if let Some(refused) = judge_request(request, &approvals(policy), &Features::default()) {
        return words(&refused);
    }
    let justification = escalated.then_some("J");
    let call =
        ShellCall { invocation, escalated, additional: false, justification, rules: &decision, forced_rm };
    words(&judge_shell(&call, &approvals(policy), sandbox))
}

/// A step in short words.
fn words(step: &Step) -> String {
    let place = |confinement| if confinement == Confinement::Escalated { "out" } else { "in" };
    match step {
        Step::Run { confinement, .. } => format!("run {}", place(*confinement)),
        Step::Ask { reason, accepted, .. } => {
            format!("ask {} {}", place(*accepted), reason.as_deref().unwrap_or_default())
        }
        Step::Reject { reason, .. } => reason.clone().into_owned(),
    }
}

// Asked of Codex 0.169: `app-server` with each policy, read-only sandbox, the rules above.
#[test]
#[allow(clippy::too_many_lines)]
fn commands_run_ask_or_are_refused_as_in_codex() {
    const NEVER: &str = "approval policy is Never; reject command — you cannot ask for escalated permissions if the \
                         approval policy is Never";
    const NO_PROMPT: &str = "approval required by policy, but AskForApproval is set to Never";
    const NO_RULES: &str = "approval required by policy rule, but AskForApproval::Granular.rules is false";
    const WHY: &str = "`/bin/bash -lc 'sh -c true'` requires approval: why sh";
    let refused = |line: &str| {
        format!(
            "`/bin/bash -lc '{line}'` rejected: rm -f style commands are not permitted. Use a safer approach"
        )
    };
    let forbidden = "`/bin/bash -lc fb` rejected: policy forbids commands starting with `fb`".to_owned();
    let no_escalation = |rules: bool| {
        let name = format!(
            "Granular(GranularApprovalConfig {{ sandbox_approval: false, rules: {rules}, skill_approval: false, \
             request_permissions: false, mcp_elicitations: false }})"
        );
        format!(
            "approval policy is {name}; reject command — you cannot ask for escalated permissions if the approval policy is {name}"
        )
    };
    let both = "`/bin/bash -lc 'sh -c ls && rm -f zz'` requires approval: why sh";
    let ask = |place: &str, reason: &str| format!("ask {place} {reason}");
    let never: [(&str, bool, String); 10] = [
        ("true", true, NEVER.into()),
        ("true > /tmp/z", true, NEVER.into()),
        ("sh -c true", false, NO_PROMPT.into()),
        ("sh -c true", true, NEVER.into()),
        ("rm -f zz", false, refused("rm -f zz")),
        ("rm -f zz", true, NEVER.into()),
        ("true && rm -f zz", false, refused("true && rm -f zz")),
        ("sh -c ls && rm -f zz", false, refused("sh -c ls && rm -f zz")),
        ("fb", true, NEVER.into()),
        ("cat a", false, "run in".into()),
    ];
    let asking = |accepted: &str, plain: String| {
        [
            ("true", true, "run out".to_owned()),
            ("true > /tmp/z", true, ask("out", "J")),
            ("sh -c true", false, ask(accepted, WHY)),
            ("sh -c true", true, ask("out", WHY)),
            ("rm -f zz", false, ask(accepted, "")),
            ("rm -f zz", true, ask("out", "J")),
            ("true && rm -f zz", false, ask(accepted, "")),
            ("sh -c ls && rm -f zz", false, ask(accepted, both)),
            ("fb", true, forbidden.clone()),
            ("cat a", false, plain),
        ]
    };
    let mut no_rules = asking("in", "run in".to_owned());
    for at in [2, 3, 7] {
        no_rules[at].2 = NO_RULES.to_owned();
    }
    let no_sandbox = |rules: bool, mut rows: [(&'static str, bool, String); 10]| {
        for row in rows.iter_mut().filter(|row| row.1) {
            row.2 = no_escalation(rules);
        }
        rows
    };
    let read_only = sandbox(READ_ONLY);
    for (policy, rows) in [
        (ApprovalPolicy::Never, never),
        (ApprovalPolicy::OnRequest, asking("in", "run in".to_owned())),
        (ApprovalPolicy::Untrusted, asking("in", ask("in", ""))),
        (granular(true, false), no_rules.clone()),
        (granular(false, true), no_sandbox(true, asking("in", "run in".to_owned()))),
        (granular(false, false), no_sandbox(false, no_rules)),
    ] {
        for (text, escalated, expected) in rows {
            assert_eq!(
                shell_step(text, escalated, RULES, policy, &read_only),
                expected,
                "{policy} {escalated} {text}"
            );
        }
    }
}

// Asked of Codex 0.169 with a profile that denies reading a file.
#[test]
fn denials_keep_allowed_and_untrusted_commands_in_the_sandbox() {
    let denying = sandbox(DENYING);
    for (text, escalated, policy, expected) in [
        ("true", false, ApprovalPolicy::OnRequest, "run in"),
        ("true", true, ApprovalPolicy::OnRequest, "run in"),
        ("true", false, ApprovalPolicy::Never, "run in"),
        ("cat a", true, ApprovalPolicy::OnRequest, "ask out J"),
        ("cat a", false, ApprovalPolicy::Untrusted, "ask in "),
        ("rm -f zz", false, ApprovalPolicy::OnRequest, "ask in "),
    ] {
        assert_eq!(shell_step(text, escalated, RULES, policy, &denying), expected, "{policy} {text}");
    }
}

// Asked of Codex 0.169: rules for `rm` come before the look for forced rm, part by part.
#[test]
fn rules_answer_for_forced_rm() {
    let allow = "prefix_rule([\"rm\"],\"allow\")";
    let read_only = sandbox(READ_ONLY);
    for (rules, text, policy, expected) in [
        (allow, "rm -f zz", ApprovalPolicy::Never, "run out"),
        (allow, "true && rm -f zz", ApprovalPolicy::Never, "run in"),
        (allow, "true && rm -f zz", ApprovalPolicy::Untrusted, "ask in "),
        (
            "prefix_rule([\"rm\"],\"prompt\")",
            "rm -f zz",
            ApprovalPolicy::Never,
            "approval required by policy, but AskForApproval is set to Never",
        ),
    ] {
        assert_eq!(shell_step(text, false, rules, policy, &read_only), expected, "{policy} {text}");
    }
}

// Asked of Codex 0.169 with `danger-full-access`.
#[test]
fn without_a_sandbox_escalations_are_not_asked_about() {
    let full = sandbox(FULL);
    for (text, escalated, policy, expected) in [
        ("ls a", false, ApprovalPolicy::Never, "run in"),
        ("ls a", true, ApprovalPolicy::OnRequest, "run in"),
        ("ls a", true, ApprovalPolicy::Untrusted, "ask out J"),
        ("rm -f zz", false, ApprovalPolicy::OnRequest, "ask in "),
    ] {
        assert_eq!(shell_step(text, escalated, "", policy, &full), expected, "{policy} {text}");
    }
    assert!(shell_step("rm -f zz", false, "", ApprovalPolicy::Never, &full).contains("not permitted"));
}

// Asked of Codex 0.169: the reason that a request gives.
#[test]
fn requests_give_the_longest_rule_as_reason() {
    let rules = "prefix_rule([\"a1\"],\"prompt\")\nprefix_rule([\"a1\",\"x\"],\"prompt\",justification=\"long\")\n\
                 prefix_rule([\"a2\"],\"prompt\",justification=\"j2\")\nprefix_rule([\"a3\",\"y\"],\"prompt\")\n";
    let read_only = sandbox(READ_ONLY);
    for (text, expected) in [
        ("a1", "`/bin/bash -lc a1` requires approval by policy"),
        ("a1 x", "`/bin/bash -lc 'a1 x'` requires approval: long"),
        ("a1 && a2", "`/bin/bash -lc 'a1 && a2'` requires approval: j2"),
        ("a3 y && a2", "`/bin/bash -lc 'a3 y && a2'` requires approval by policy"),
        ("a2 && a3 y z", "`/bin/bash -lc 'a2 && a3 y z'` requires approval by policy"),
        ("a1 x && a3 y", "`/bin/bash -lc 'a1 x && a3 y'` requires approval by policy"),
    ] {
        let step = shell_step(text, false, rules, ApprovalPolicy::OnRequest, &read_only);
        assert_eq!(step, format!("ask in {expected}"));
    }
}

// Asked of Codex 0.169 with patches under each policy.
#[test]
fn patches_run_ask_or_are_refused_as_in_codex() {
    use ApprovalPolicy::{Never, OnRequest, Untrusted};
    const RO: &str =
        "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings";
    const WW: &str = "patch rejected: writing outside of the project; rejected by user approval settings";
    let ww = "sandbox_mode = \"workspace-write\"";
    for (config, paths, policy, expected) in [
        (READ_ONLY, vec!["src/new"], Never, RO),
        (READ_ONLY, vec!["src/new"], OnRequest, "ask out"),
        (READ_ONLY, vec!["src/new"], granular(false, true), RO),
        (ww, vec![".git/new"], Never, WW),
        (ww, vec!["a2", ".aws/new"], Never, WW),
        (ww, vec!["a2"], Never, "run in"),
        (ww, vec![".git/new"], granular(false, true), WW),
        (ww, vec![".git/new"], granular(true, false), "ask out"),
        (ww, vec!["new"], Untrusted, "ask in"),
        (ww, vec![".git/new"], Untrusted, "ask out"),
        (FULL, vec![".git/new"], Never, "run in"),
        (FULL, vec![".git/new"], Untrusted, "ask in"),
        (
            DENYING,
            vec![".env"],
            OnRequest,
            "apply_patch verification failed: Failed to read file to update /w/.env: Permission denied (os error 13)",
        ),
    ] {
        let sandbox = sandbox(config);
        let bounds = sandbox.bounds(&Workspace::new(&["/w"]));
        let paths: Vec<String> = paths.iter().map(|path| format!("/w/{path}")).collect();
        let files: Vec<PatchCall<'_>> = paths
            .iter()
            .map(|path| PatchCall { path, updates: true, target: bounds.patch(path, Kind::File, true) })
            .collect();
        let place =
            |confinement: Confinement| if confinement == Confinement::Escalated { "out" } else { "in" };
        let step = match judge_patch(&files, &approvals(policy), &sandbox).unwrap() {
            Step::Run { confinement, .. } => format!("run {}", place(confinement)),
            Step::Ask { accepted, .. } => format!("ask {}", place(accepted)),
            Step::Reject { reason, .. } => reason.into_owned(),
        };
        assert_eq!(step, expected, "{config} {paths:?} {policy}");
    }
    assert_eq!(judge_patch(&[], &approvals(Never), &sandbox(FULL)), None);
}

// Asked of Codex 0.169 with `thread/start`: the policy that it answers.
#[test]
#[allow(clippy::too_many_lines)]
fn requirements_choose_among_policies() {
    use ApprovalPolicy::{Never, OnRequest, Untrusted};
    let table =
        "approval_policy = { granular = { sandbox_approval = true, rules = true, mcp_elicitations = true } }";
    for (text, requirements, client, expected) in [
        ("", "", Client::AppServer, OnRequest),
        ("", "", Client::Exec, Never),
        ("approval_policy = \"on-request\"", "", Client::Exec, Never),
        ("approval_policy = \"never\"", "", Client::AppServer, Never),
        ("approval_policy = \"on-failure\"", "", Client::AppServer, OnRequest),
        (table, "", Client::AppServer, granular(true, true)),
        (
            "approval_policy = \"never\"",
            "allowed_approval_policies = [\"on-request\"]",
            Client::AppServer,
            OnRequest,
        ),
        ("", "allowed_approval_policies = [\"on-request\"]", Client::Exec, OnRequest),
        ("", "allowed_approval_policies = [\"never\", \"on-request\"]", Client::AppServer, OnRequest),
        ("", "allowed_approval_policies = [\"never\"]", Client::AppServer, Never),
        ("", "allowed_approval_policies = [\"untrusted\", \"never\"]", Client::AppServer, Untrusted),
        (table, "allowed_approval_policies = [\"never\"]", Client::AppServer, Never),
        (
            "approval_policy = \"never\"",
            "allowed_approval_policies = [\"on-failure\"]",
            Client::AppServer,
            OnRequest,
        ),
    ] {
        let mut findings = Vec::new();
        let approvals = Approvals::compile(&config(text).0, &config(requirements).0, client, &mut findings);
        assert_eq!(approvals.policy, expected, "{text} {requirements}");
        assert!(findings.is_empty(), "{findings:?}");
    }
    for (text, requirements, message) in [
        ("approval_policy = \"untrusted\"", "", "no longer supported"),
        ("approval_policy = \"granular\"", "", "unknown approval policy"),
        (
            "approval_policy = { granular = { rules = true, mcp_elicitations = true } }",
            "",
            "lacks `sandbox_approval`",
        ),
        ("approval_policy = 3", "", "an integer"),
        ("approvals_reviewer = \"nope\"", "", "unknown reviewer"),
        ("", "allowed_approval_policies = []", "is empty"),
        ("", "allowed_approvals_reviewers = []", "is empty"),
        ("", "allowed_approvals_reviewers = [\"bogus\"]", "unknown reviewer `bogus`"),
    ] {
        let mut findings = Vec::new();
        Approvals::compile(&config(text).0, &config(requirements).0, Client::AppServer, &mut findings);
        assert_eq!(findings.len(), 1, "{text}: {findings:?}");
        assert!(findings[0].message.contains(message) && findings[0].place.is_some(), "{findings:?}");
    }
    let reviewer = |text: &str, requirements: &str| {
        let (config, requirements) = (config(text).0, config(requirements).0);
        Approvals::compile(&config, &requirements, Client::AppServer, &mut Vec::new()).reviewer
    };
    assert_eq!(reviewer("approvals_reviewer = \"guardian_subagent\"", ""), Reviewer::AutoReview);
    assert_eq!(
        reviewer("approvals_reviewer = \"auto_review\"", "allowed_approvals_reviewers = [\"user\"]"),
        Reviewer::User
    );
}

// Asked of Codex 0.169 with `exec_command`, the feature `exec_permission_approvals` off and on.
#[test]
fn requests_for_permissions_are_refused_as_in_codex() {
    use ApprovalPolicy::{Never, OnRequest, Untrusted};
    const DISABLED: &str = "additional permissions are disabled";
    const ESCALATE: &str = "you cannot ask for escalated permissions";
    const MORE: &str = "you cannot request additional permissions unless";
    const UNSTATED: &str = "`justification` requires an explicit `sandbox_permissions`";
    let on = config("features.exec_permission_approvals = true").0;
    let on = Features::compile(&on, &Config::default(), &mut Vec::new());
    let off = Features::default();
    let plain = Request { escalated: false, permissions: Permissions::default() };
    let unstated = Request { permissions: Permissions { unstated: true, ..plain.permissions }, ..plain };
    let wants = |additional, escalated| Request {
        escalated,
        permissions: Permissions { additional, ..plain.permissions },
    };
    let stated = wants(Additional::Stated, false);
    for (request, features, policy, expected) in [
        (plain, &off, Never, ""),
        (unstated, &off, Never, UNSTATED),
        (unstated, &off, OnRequest, UNSTATED),
        (stated, &off, OnRequest, DISABLED),
        (stated, &off, Never, ESCALATE),
        (wants(Additional::Empty, false), &off, OnRequest, DISABLED),
        (wants(Additional::Stated, true), &off, OnRequest, DISABLED),
        (stated, &on, OnRequest, ""),
        (stated, &on, Never, ESCALATE),
        (stated, &on, granular(false, true), ESCALATE),
        (stated, &on, granular(true, true), MORE),
        (stated, &on, Untrusted, MORE),
        (wants(Additional::Empty, false), &on, OnRequest, "must include at least one"),
        (wants(Additional::Empty, false), &on, Untrusted, MORE),
        (wants(Additional::Missing, false), &on, OnRequest, "missing `additional_permissions`"),
        (wants(Additional::Stated, true), &on, Untrusted, "set to `with_additional_permissions`"),
        (wants(Additional::Stated, true), &on, Never, ESCALATE),
    ] {
        let refused = judge_request(request, &approvals(policy), features).map(|step| words(&step));
        assert_eq!(refused.is_some(), !expected.is_empty(), "{request:?} {policy}: {refused:?}");
        assert!(refused.unwrap_or_default().contains(expected), "{request:?} {policy}");
    }
    let mut granted = granular(true, true);
    assert!(!granted.asks_about_permissions() && !Never.asks_about_permissions());
    if let ApprovalPolicy::Granular(granular) = &mut granted {
        granular.request_permissions = true;
    }
    assert!(granted.asks_about_permissions() && OnRequest.asks_about_permissions());
}

// Asked of Codex 0.169 with `exec_permission_approvals`: rules come first, then somebody is asked.
#[test]
fn more_permissions_are_asked_about() {
    let read_only = sandbox(READ_ONLY);
    for (text, expected) in [
        ("cat a", "ask in J"),
        ("true", "run out"),
        ("rm -f zz", "ask in J"),
        ("fb", "`/bin/bash -lc fb` rejected: policy forbids commands starting with `fb`"),
    ] {
        let file = TextFile::new("a.rules", RULES);
        let rules = ExecPolicy::compile(&[file], &Config::default(), &mut Vec::new());
        let command = Command::Script { dialect: Dialect::Posix, text: text.into() };
        let invocation = Invocation::new(&command, "/w");
        let decision = rules.decide(&invocation);
        let call = ShellCall {
            invocation,
            escalated: false,
            additional: true,
            justification: Some("J"),
            forced_rm: decision.any_unmatched(&command, shell::has_forced_rm),
            rules: &decision,
        };
        let step = judge_shell(&call, &approvals(ApprovalPolicy::OnRequest), &read_only);
        assert_eq!(words(&step), expected, "{text}");
    }
}
