use std::path::Path;

use toml_edit::{DocumentMut, Item, Value};

/// Settings that a provider file may have: how the model is reached, and which it is.
const KEYS: &[&str] = &[
    "model",
    "model_provider",
    "model_providers",
    "model_reasoning_effort",
    "model_reasoning_summary",
    "model_verbosity",
    "model_context_window",
    "model_max_output_tokens",
    "service_tier",
];
/// Most bytes of a provider file.
const MAX_FILE: u64 = 64 << 10;

/// A model provider of the user's own, for new sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// Settings as `key=value` in TOML.
    pub(super) settings: Vec<String>,
    /// The model, where the file names one.
    pub(super) model: Option<String>,
    /// Environment that carries its keys; never shown.
    pub(super) env: Vec<(String, String)>,
    /// Hosts that it is reached at.
    pub(super) hosts: Vec<String>,
}

/// Why a provider file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ProviderError {
    /// The file.
    pub path: String,
    /// What is wrong, as a lowercase fragment.
    pub reason: String,
}

impl Provider {
    /// Reads a file with `model`, `model_provider` and `[model_providers.<name>]`, as `config.toml` has them. The keys
    /// themselves stay in the environment: `env_key` names the variable.
    pub fn read(path: &Path) -> Result<Self, ProviderError> {
        let wrong = |reason: String| ProviderError { path: path.display().to_string(), reason };
        let length = path.metadata().map_err(|error| wrong(error.to_string()))?.len();
        if length > MAX_FILE {
            return Err(wrong(format!("is larger than {MAX_FILE} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text, &|name| std::env::var(name).ok()).map_err(wrong)
    }

    fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let document: DocumentMut = text.parse().map_err(|error| format!("is no TOML: {error}"))?;
        let mut provider = Self::default();
        for (key, item) in document.iter() {
            if !KEYS.contains(&key) {
                return Err(format!("`{key}` is no setting of a model provider; known: {}", KEYS.join(", ")));
            }
            if key != "model_providers" {
                provider.settings.push(format!("{key}={}", inline(item)?));
            }
        }
        provider.model = document.get("model").and_then(Item::as_str).map(str::to_owned);
        let chosen = document.get("model_provider").and_then(Item::as_str);
        let chosen = chosen.ok_or("lacks `model_provider`; name one of its `[model_providers.<name>]`")?;
        let table = document.get("model_providers").and_then(|all| all.get(chosen));
        let table = table.ok_or_else(|| format!("has no `[model_providers.{chosen}]`"))?;
        // The command line splits keys at dots and knows no quotes, so the name stands in the value.
        let name = Value::from(chosen);
        provider.settings.push(format!("model_providers={{{}={}}}", name.to_string().trim(), inline(table)?));
        let url = table.get("base_url").and_then(Item::as_str).ok_or("the provider lacks `base_url`")?;
        provider.hosts.push(host(url).ok_or("`base_url` is no http or https address")?.to_owned());
        provider.take_variables(table, variable)?;
        Ok(provider)
    }

    /// Values of the variables that the provider's settings name.
    fn take_variables(
        &mut self,
        table: &Item,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), String> {
        let mut names: Vec<&str> = table.get("env_key").and_then(Item::as_str).into_iter().collect();
        let headers = table.get("env_http_headers").and_then(Item::as_table_like);
        names.extend(
            headers.into_iter().flat_map(|headers| headers.iter()).filter_map(|(_, name)| name.as_str()),
        );
        for name in names {
            let value =
                variable(name).ok_or_else(|| format!("the environment has no `{name}`, which it names"))?;
            self.env.push((name.to_owned(), value));
        }
        Ok(())
    }
}

/// A value in one line, as `-c key=value` takes it.
fn inline(item: &Item) -> Result<String, String> {
    let value: Value = item.clone().into_value().map_err(|_| "holds what is no value".to_owned())?;
    let text = value.decorated("", "").to_string();
    if text.contains('\n') {
        return Err("holds a value of several lines; write it in one".to_owned());
    }
    Ok(text)
}

/// The host of an address, without port.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next()?,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Provider, String> {
        Provider::parse(text, &|name| (name == "ACME_KEY").then(|| "s3cret".to_owned()))
    }

    #[test]
    fn a_provider_is_read_with_its_key() {
        let text = "model = \"m1\"\nmodel_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\n\
                    base_url = \"https://llm.acme.example:8443/v1\"\nwire_api = \"responses\"\nenv_key = \"ACME_KEY\"\n\
                    [model_providers.other]\nbase_url = \"http://elsewhere.example\"\n";
        let provider = parse(text).unwrap();
        assert_eq!(provider.model.as_deref(), Some("m1"));
        assert_eq!(provider.hosts, ["llm.acme.example"]);
        assert_eq!(provider.env, [("ACME_KEY".to_owned(), "s3cret".to_owned())]);
        assert_eq!(provider.settings.len(), 3);
        let table = &provider.settings[2];
        assert!(table.starts_with("model_providers={\"acme\"={") && !table.contains('\n'), "{table}");
        assert!(
            !provider
                .settings
                .iter()
                .any(|setting| setting.contains("s3cret") || setting.contains("elsewhere"))
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, says) in [
            ("sandbox_mode = \"danger-full-access\"", "`sandbox_mode` is no setting"),
            ("model = \"m\"", "lacks `model_provider`"),
            ("model_provider = \"a\"", "has no `[model_providers.a]`"),
            ("model_provider = \"a\"\n[model_providers.a]\nname = \"x\"", "lacks `base_url`"),
            ("model_provider = \"a\"\n[model_providers.a]\nbase_url = \"file:///x\"", "no http or https"),
            (
                "model_provider = \"a\"\n[model_providers.a]\nbase_url = \"http://h\"\nenv_key = \"NONE\"",
                "no `NONE`",
            ),
            ("[", "is no TOML"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn hosts_of_addresses() {
        for (url, want) in [
            ("http://127.0.0.1:8080/v1", Some("127.0.0.1")),
            ("https://u:p@h.example/x", Some("h.example")),
            ("http://[::1]:80/", Some("::1")),
            ("ftp://h", None),
            ("http://", None),
        ] {
            assert_eq!(host(url), want, "{url}");
        }
    }
}
