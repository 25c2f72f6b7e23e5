use std::fmt;

use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::config::{Node, Placed, Value};
use crate::plugin::{Config, Trust};

/// When Codex asks before it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApprovalPolicy {
    /// Before every command and patch that no rule allows.
    Untrusted,
    /// When the model asks to leave the sandbox, and where rules say so. `on-failure` means the same.
    OnRequest,
    /// Never; what would need an approval is refused.
    Never,
    /// As `OnRequest`, with kinds of requests that are refused instead.
    Granular(Granular),
}

/// The kinds of requests that a granular policy lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)]
pub struct Granular {
    /// Leaving the sandbox, and patches outside of what may be written.
    pub sandbox_approval: bool,
    /// Rules that prompt.
    pub rules: bool,
    /// Requests about skills.
    pub skill_approval: bool,
    /// Requests for more permissions.
    pub request_permissions: bool,
    /// Questions of MCP servers; approvals of MCP tools are asked all the same (Codex 0.169).
    pub mcp_elicitations: bool,
}

impl fmt::Display for Granular {
    /// As Codex writes it into refusals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sandbox_approval, rules, skill_approval, request_permissions, mcp_elicitations } = self;
        write!(
            f,
            "Granular(GranularApprovalConfig {{ sandbox_approval: {sandbox_approval}, rules: {rules}, \
             skill_approval: {skill_approval}, request_permissions: {request_permissions}, \
             mcp_elicitations: {mcp_elicitations} }})"
        )
    }
}

impl ApprovalPolicy {
    /// Names that configuration may use.
    const NAMES: [&'static str; 3] = ["on-request", "never", "on-failure"];

    /// The policy of this name, as configuration and recordings write it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "untrusted" | "unless-trusted" => Some(Self::Untrusted),
            "on-request" | "on-failure" => Some(Self::OnRequest),
            "never" => Some(Self::Never),
            _ => None,
        }
    }

    /// May the model ask to leave the sandbox, and a person be asked about patches outside of it?
    pub fn asks_about_sandbox(self) -> bool {
        !matches!(self, Self::Never | Self::Granular(Granular { sandbox_approval: false, .. }))
    }

    /// Does Codex 0.169 start a command again, outside of the sandbox, that fails in it at once? It asks before, unless
    /// somebody has approved the command already.
    pub fn retries_commands(self) -> bool {
        matches!(self, Self::Untrusted | Self::Granular(Granular { sandbox_approval: true, .. }))
    }

    /// The policy as Codex writes it into refusals.
    pub(super) fn in_refusals(self) -> String {
        match self {
            Self::Untrusted => "UnlessTrusted".to_owned(),
            Self::OnRequest => "OnRequest".to_owned(),
            Self::Never => "Never".to_owned(),
            Self::Granular(granular) => granular.to_string(),
        }
    }

    /// Does `request_permissions` reach somebody? Else Codex 0.169 answers it at once with no permission.
    pub fn asks_about_permissions(self) -> bool {
        !matches!(self, Self::Never | Self::Granular(Granular { request_permissions: false, .. }))
    }

    /// The policy that a node of a configuration file holds.
    fn read(node: &Node, findings: &mut Vec<Finding>) -> Option<Self> {
        let problem = |message: String, help: String| {
            Finding::error("approval", message).at(node.place.clone()).help(help)
        };
        if let Value::String(name) = &node.value {
            let policy = Self::parse(name);
            if policy.is_none() {
                let help = closest(name, Self::NAMES).unwrap_or("on-request, never or a `granular` table");
                findings.push(problem(format!("unknown approval policy `{name}`"), format!("write {help}")));
            }
            return policy;
        }
        let Some(table) = node.get(&["granular"]).filter(|table| matches!(table.value, Value::Table(_)))
        else {
            let help = "write \"on-request\", \"never\" or { granular = { … } }".to_owned();
            findings.push(problem(format!("the approval policy is {}", node.value.kind()), help));
            return None;
        };
        let mut missing = Vec::new();
        let mut flag = |key: &'static str, needed: bool| {
            let flag = table.typed::<bool>(&[key], findings).map(|flag| flag.value);
            if needed && flag.is_none() {
                missing.push(key);
            }
            flag.unwrap_or(false)
        };
        let granular = Granular {
            sandbox_approval: flag("sandbox_approval", true),
            rules: flag("rules", true),
            skill_approval: flag("skill_approval", false),
            request_permissions: flag("request_permissions", false),
            mcp_elicitations: flag("mcp_elicitations", true),
        };
        for key in missing {
            let message = format!("the granular approval policy lacks `{key}`; Codex refuses to start");
            findings.push(problem(message, format!("add {key} = true or false")));
        }
        Some(Self::Granular(granular))
    }
}

impl fmt::Display for ApprovalPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Untrusted => "untrusted",
            Self::OnRequest => "on-request",
            Self::Never => "never",
            Self::Granular(_) => "granular",
        })
    }
}

/// Who answers requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reviewer {
    /// A person.
    User,
    /// A guardian model.
    AutoReview,
}

/// Which front of Codex runs the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// `codex exec`, which nobody can be asked through: its policy is `never`, whatever is configured.
    Exec,
    /// `codex app-server` and the terminal interface.
    AppServer,
}

/// The approval policy in force and who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// When somebody is asked.
    pub policy: ApprovalPolicy,
    /// The rule that set the policy.
    pub rule: Rule,
    /// Who is asked.
    pub reviewer: Reviewer,
}

impl Approvals {
    /// Reads configuration and requirements. A policy that the requirements do not list gives way to the first one
    /// that they do (Codex 0.169).
    pub fn compile(
        config: &Config,
        requirements: &Config,
        client: Client,
        findings: &mut Vec<Finding>,
    ) -> Self {
        Self::compile_in(config, requirements, client, None, findings)
    }

    /// The same for a project of which `trust` is known: without a policy, an untrusted one has `untrusted`.
    pub fn compile_in(
        config: &Config,
        requirements: &Config,
        client: Client,
        trust: Option<&Placed<Trust>>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let by_trust = trust.filter(|trust| trust.value == Trust::Untrusted).map(|trust| {
            let rule = Rule::at(trust.place.clone(), "trust_level = \"untrusted\"");
            (ApprovalPolicy::Untrusted, rule)
        });
        let configured = config.get(&["approval_policy"]).and_then(|node| {
            if node.read::<&str>() == Some("untrusted") {
                let message =
                    "the approval policy `untrusted` is no longer supported; Codex refuses to start";
                findings.push(
                    Finding::error("approval", message)
                        .at(node.place.clone())
                        .help("write on-request or never"),
                );
            }
            let policy = ApprovalPolicy::read(node, findings)?;
            Some((policy, Rule::at(node.place.clone(), format!("approval_policy = {policy}"))))
        });
        let (mut policy, mut rule) = match client {
            Client::Exec => (ApprovalPolicy::Never, Rule::built_in("codex exec asks nobody")),
            Client::AppServer => configured
                .or(by_trust)
                .unwrap_or((ApprovalPolicy::OnRequest, Rule::built_in("default approval policy on-request"))),
        };
        if let Some((allowed, place)) = allowed_policies(requirements, findings)
            && !allowed.contains(&policy)
            && let Some(first) = allowed.first()
        {
            policy = *first;
            rule = Rule::at(place, format!("requirements: allowed_approval_policies, first is {first}"));
        }
        Self { policy, rule, reviewer: reviewer(config, requirements, findings) }
    }

    /// The same with the policy that a session was recorded with, if its client chose one.
    #[must_use]
    pub fn with_policy(mut self, policy: ApprovalPolicy) -> Self {
        if policy != self.policy {
            self.rule = Rule::built_in(format!("approval policy of the session: {policy}"));
            self.policy = policy;
        }
        self
    }
}

fn allowed_policies(
    requirements: &Config,
    findings: &mut Vec<Finding>,
) -> Option<(Vec<ApprovalPolicy>, crate::source::Place)> {
    let listed = requirements.typed::<&[Node]>(&["allowed_approval_policies"], findings)?;
    if listed.value.is_empty() {
        findings.push(
            Finding::error("requirements", "`allowed_approval_policies` is empty; Codex refuses to start")
                .at(listed.place.clone())
                .help("list a policy or remove the key"),
        );
    }
    let policies = listed.value.iter().filter_map(|node| ApprovalPolicy::read(node, findings)).collect();
    Some((policies, listed.place))
}

fn reviewer(config: &Config, requirements: &Config, findings: &mut Vec<Finding>) -> Reviewer {
    let parse = |name: &Placed<String>| match name.value.as_str() {
        "user" => Some(Reviewer::User),
        "auto_review" | "guardian_subagent" => Some(Reviewer::AutoReview),
        _ => None,
    };
    let configured = config.typed::<String>(&["approvals_reviewer"], findings);
    let mut reviewer = Reviewer::User;
    if let Some(name) = configured {
        if let Some(known) = parse(&name) {
            reviewer = known;
        } else {
            findings.push(
                Finding::error("approval", format!("unknown reviewer `{}`", name.value))
                    .at(name.place)
                    .help("write user or auto_review"),
            );
        }
    }
    let allowed = requirements.typed::<Vec<Placed<String>>>(&["allowed_approvals_reviewers"], findings);
    let mut refuse = |place: &crate::source::Place, message: String| {
        let message = format!("{message}; Codex refuses to start");
        let finding = Finding::error("requirements", message).at(place.clone());
        findings.push(finding.help("list user, auto_review or both"));
    };
    let allowed: Option<Vec<Reviewer>> = allowed.map(|list| {
        if list.value.is_empty() {
            refuse(&list.place, "`allowed_approvals_reviewers` is empty".to_owned());
        }
        for name in list.value.iter().filter(|name| parse(name).is_none()) {
            refuse(&name.place, format!("unknown reviewer `{}`", name.value));
        }
        list.value.iter().filter_map(parse).collect()
    });
    match allowed {
        Some(allowed) if !allowed.contains(&reviewer) => allowed.first().copied().unwrap_or(reviewer),
        _ => reviewer,
    }
}
