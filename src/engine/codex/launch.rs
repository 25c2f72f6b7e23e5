//! How the CLI is started: what lies where inside, which settings and which environment it gets.

use std::path::{Path, PathBuf};

use super::home::Home;
use super::jail::{JailSpec, Network};
use super::model::{API, LOGS};
use super::place::Places;
use super::provider::Provider;
use super::server::Setup;
use crate::engine::cell::Mount;
use crate::source::Scratch;

/// Where things lie inside.
pub(super) const BINARY: &str = "/codex-tools/plugin-eval";
/// Folders of the system, empty as a rule, of which one is taken for the CLI: where sandboxes let only the system be
/// read, it must be readable too.
const PROGRAMS: &[&str] = &["/usr/games", "/usr/local/games", "/usr/local/src", "/usr/src"];
/// A folder that no sandbox opens for writing, and the file in it that every bash reads at its start: commands that run
/// outside of Codex's sandbox leave the ids of their calls there, which Codex hands to them.
const OUTSIDE: &str = "/codex-outside";
const BASH_ENV: &str = "/codex-outside/env";
pub(super) const TELL_OUTSIDE: &str = "[ -z \"$CODEX_TOOL_CALL_ID\" ] || { echo \"$CODEX_TOOL_CALL_ID\" >>/codex-outside/ran; } 2>/dev/null || :\n";
/// Model with tools of its own, and one whose only tool runs scripts.
pub(super) const DIRECT_MODEL: &str = "gpt-5.5";
pub(super) const CODE_MODEL: &str = "gpt-5.6-sol";

/// The network that the CLI gets.
pub(super) fn network(setup: &Setup) -> Network {
    if setup.provider.is_some() { Network::Machine } else { Network::Loopback }
}

/// Where everything lies inside, and how the CLI is started.
pub(super) fn spec(
    setup: &Setup,
    (scratch, home): (&Scratch, &Home),
    places: &Places,
    port: u16,
    arguments: &[&str],
) -> JailSpec {
    let at = |name: &str| scratch.path().join(name);
    let mount = |source: PathBuf, target: &str| Mount { source, target: target.to_owned() };
    // `vendor/<triple>` holds `bin`, `codex-path` and `codex-resources`, which the program looks for beside itself.
    let bin = setup.program.path.parent().unwrap_or(Path::new("/"));
    let place = PROGRAMS.iter().copied().find(|place| Path::new(place).is_dir()).unwrap_or("/codex-cli");
    let whole = setup.program.tools.as_ref().and_then(|_| bin.parent());
    let (vendor, inside) = match whole {
        Some(vendor) => (vendor, format!("{place}/bin")),
        None => (bin, place.to_owned()),
    };
    let name = setup.program.path.file_name().unwrap_or_default().to_string_lossy();
    let mut program = vec![format!("{inside}/{name}")];
    for setting in settings(port, setup.provider.as_ref()) {
        program.extend(["-c".to_owned(), setting]);
    }
    program.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    JailSpec {
        program,
        env: environment(places, setup.provider.as_ref()),
        cwd: places.top.clone(),
        read_only: vec![mount(vendor.to_owned(), place), mount(setup.binary.clone(), BINARY)],
        writable: vec![
            mount(at("home"), &places.home),
            mount(at("codex"), &places.codex_home),
            mount(at("tmp"), "/tmp"),
            mount(at("var-tmp"), "/var/tmp"),
            mount(at("work"), &places.top),
            mount(at("outside"), OUTSIDE),
        ],
        etc: home.etc.iter().cloned().chain(setup.provider.iter().flat_map(|_| name_service())).collect(),
        ..JailSpec::default()
    }
}

/// Settings that keep the CLI to itself; none of them changes a ruling.
fn settings(port: u16, provider: Option<&Provider>) -> Vec<String> {
    let address = format!("http://127.0.0.1:{port}");
    let model = match provider {
        Some(provider) => provider.settings.clone(),
        None => vec![
            "model_provider=\"plugin_eval\"".to_owned(),
            format!(
                "model_providers.plugin_eval={{name=\"plugin-eval\",base_url=\"{address}{API}\",\
                 wire_api=\"responses\",request_max_retries=0,stream_max_retries=0}}"
            ),
        ],
    };
    let quiet = [
        format!("otel.exporter={{otlp-http={{endpoint=\"{address}{LOGS}\",protocol=\"json\"}}}}"),
        "otel.log_user_prompt=false".to_owned(),
        "check_for_update_on_startup=false".to_owned(),
        "analytics.enabled=false".to_owned(),
        "feedback.enabled=false".to_owned(),
        "history.persistence=\"none\"".to_owned(),
        "web_search=\"disabled\"".to_owned(),
        "features.unbounded_connection_retries=false".to_owned(),
        "skills.bundled.enabled=false".to_owned(),
    ];
    model.into_iter().chain(quiet).collect()
}

/// The whole environment. Whatever asks for a proxy is sent nowhere; only the model's provider is reached.
fn environment(places: &Places, provider: Option<&Provider>) -> Vec<(String, String)> {
    let nowhere = "http://127.0.0.1:9";
    let mut near = "127.0.0.1,localhost".to_owned();
    for host in provider.iter().flat_map(|provider| &provider.hosts) {
        near.push(',');
        near.push_str(host);
    }
    let pairs = [
        ("HOME", places.home.as_str()),
        ("CODEX_HOME", places.codex_home.as_str()),
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("SHELL", "/bin/bash"),
        ("USER", "user"),
        ("LOGNAME", "user"),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
        ("TZ", "UTC"),
        ("HTTP_PROXY", nowhere),
        ("HTTPS_PROXY", nowhere),
        ("ALL_PROXY", nowhere),
        ("http_proxy", nowhere),
        ("https_proxy", nowhere),
        ("NO_PROXY", near.as_str()),
        ("no_proxy", near.as_str()),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("BASH_ENV", BASH_ENV),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let own = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.chain(provider.iter().flat_map(|provider| provider.env.clone())).collect()
}

/// How the machine finds hosts by name.
fn name_service() -> Vec<(String, Vec<u8>)> {
    let read = |name: &str| Some((name.to_owned(), std::fs::read(Path::new("/etc").join(name)).ok()?));
    ["resolv.conf", "hosts"].into_iter().filter_map(read).collect()
}
