//! Containers, clusters, infrastructure and clouds.

use super::run::Run;
use super::table::{Program, Use, code};
use super::verbs::{has, verb};
use crate::action::shell::word::Arg;

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(
        &[
            "docker", "podman", "nerdctl", "docker-compose", "buildah", "kubectl", "oc", "helm",
            "terraform", "tofu", "terragrunt", "pulumi", "ansible", "ansible-playbook", "vagrant",
            "minikube", "kind", "k3d", "k9s",
        ],
        container,
    ),
    code(
        &[
            "aws", "gcloud", "gsutil", "az", "doctl", "heroku", "fly", "flyctl", "vercel", "netlify",
            "wrangler", "firebase", "supabase", "railway", "cloudflared", "eksctl", "sam", "cdk",
            "serverless", "sentry-cli", "twine", "bq",
        ],
        |run| {
            run.connect_somewhere("cloud");
            run.unknown_program();
        },
    ),
];

/// Verbs that only look.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "ps", "images", "inspect", "logs", "version", "info", "stats", "top", "port", "diff", "history",
    "events", "get", "describe", "explain", "api-resources", "cluster-info", "list", "ls", "status", "show",
    "validate", "fmt", "output", "config", "", "help", "template", "lint", "providers", "graph",
];

/// Containers, clusters and infrastructure: looking needs a connection too, everything else runs code elsewhere.
fn container(run: &mut Run<'_, '_>) {
    if has(run, &["--help", "-h", "--version"]) {
        return;
    }
    let name = run.name().to_owned();
    let verb = verb(run);
    let local = matches!(&*name, "docker" | "podman" | "nerdctl" | "docker-compose" | "buildah");
    let looks = LOOKS.contains(&verb);
    let files: Vec<Arg<'_>> = run
        .args
        .iter()
        .skip_while(|arg| !matches!(&*arg.text, "-f" | "--filename" | "--file" | "--values"))
        .skip(1)
        .take(1)
        .cloned()
        .collect();
    if !looks || !matches!(verb, "logs") {
        for file in files {
            run.touch(Use::Url, &file);
        }
    }
    match (&*name, verb) {
        ("terraform" | "tofu", "fmt") => run.write_tree("."),
        ("terraform" | "tofu", "validate" | "show" | "output" | "graph" | "version")
        | ("helm", "lint" | "template" | "list") => run.read_tree("."),
        _ if looks && local => {}
        _ => {
            run.connect_somewhere(if local { "container images" } else { "cluster" });
            if !looks {
                run.unknown_program();
            }
        }
    }
}
