//! Secrets of many kinds, planted into every place of a session that can hold text.

#[path = "tools.rs"]
mod tools;

use serde_json::{Value, json};

use super::random::Random;

/// A secret, the words around it, and what must not be left of it.
pub struct Planted {
    pub kind: &'static str,
    /// The text as a person or a tool would write it.
    pub text: String,
    /// None of these may be found afterwards.
    pub secrets: Vec<String>,
}

/// Makes the secret, and the text around it.
type Make = fn(&mut Random) -> (String, String);

/// A token that needs no words around it.
macro_rules! token {
    ($name:literal, |$random:ident| $token:expr) => {
        (
            $name,
            (|$random: &mut Random| {
                let token: String = $token;
                (token.clone(), token)
            }) as Make,
        )
    };
}

/// A value that only the words around it give away.
macro_rules! told {
    ($name:literal, |$random:ident| $value:expr, $before:expr, $after:expr) => {
        (
            $name,
            (|$random: &mut Random| {
                let value: String = $value;
                let text = format!("{}{}{}", $before, value, $after);
                (value, text)
            }) as Make,
        )
    };
}

const SIGNS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%+=";

#[rustfmt::skip]
const KINDS: &[(&str, Make)] = &[
    token!("anthropic", |r| format!("sk-ant-api03-{}-{}AA", r.alnum(40), r.alnum(52))),
    token!("openai", |r| format!("sk-{}", r.alnum(48))),
    token!("openai project", |r| format!("sk-proj-{}", r.alnum(120))),
    token!("github classic", |r| format!("ghp_{}", r.alnum(36))),
    token!("github app", |r| format!("ghs_{}", r.alnum(36))),
    token!("github fine-grained", |r| format!("github_pat_{}_{}", r.alnum(22), r.alnum(59))),
    token!("gitlab", |r| format!("glpat-{}", r.alnum(20))),
    token!("aws key id", |r| format!("AKIA{}", r.upper(16))),
    token!("google api", |r| format!("AIza{}", r.alnum(35))),
    token!("google oauth secret", |r| format!("GOCSPX-{}", r.alnum(28))),
    token!("google access", |r| format!("ya29.{}", r.alnum(120))),
    token!("slack bot", |r| format!("xoxb-{}-{}-{}", r.digits(12), r.digits(12), r.alnum(24))),
    token!("slack webhook", |r| format!("https://hooks.slack.com/services/T{}/B{}/{}", r.upper(9), r.upper(9), r.alnum(24))),
    token!("discord webhook", |r| format!("https://discord.com/api/webhooks/{}/{}", r.digits(18), r.alnum(68))),
    token!("stripe live", |r| format!("sk_live_{}", r.alnum(24))),
    token!("stripe webhook", |r| format!("whsec_{}", r.alnum(32))),
    token!("npm", |r| format!("npm_{}", r.alnum(36))),
    token!("pypi", |r| format!("pypi-AgEIcHlwaS5vcmc{}", r.alnum(140))),
    token!("cargo registry", |r| format!("cio{}", r.alnum(32))),
    token!("docker hub", |r| format!("dckr_pat_{}", r.alnum(27))),
    token!("hugging face", |r| format!("hf_{}", r.alnum(34))),
    token!("replicate", |r| format!("r8_{}", r.alnum(37))),
    token!("sendgrid", |r| format!("SG.{}.{}", r.alnum(22), r.alnum(43))),
    token!("twilio", |r| format!("SK{}", r.hex(32))),
    token!("mailgun", |r| format!("key-{}", r.hex(32))),
    token!("mailchimp", |r| format!("{}-us12", r.hex(32))),
    token!("digitalocean", |r| format!("dop_v1_{}", r.hex(64))),
    token!("vault", |r| format!("hvs.{}", r.alnum(90))),
    token!("terraform", |r| format!("{}.atlasv1.{}", r.alnum(14), r.alnum(66))),
    token!("databricks", |r| format!("dapi{}", r.hex(32))),
    token!("shopify", |r| format!("shpat_{}", r.hex(32))),
    token!("linear", |r| format!("lin_api_{}", r.alnum(40))),
    token!("notion", |r| format!("ntn_{}", r.alnum(46))),
    token!("grafana", |r| format!("glsa_{}_{}", r.alnum(32), r.hex(8))),
    token!("new relic", |r| format!("NRAK-{}", r.upper(27))),
    token!("sentry", |r| format!("sntryu_{}", r.hex(64))),
    token!("postman", |r| format!("PMAK-{}-{}", r.hex(24), r.hex(34))),
    token!("telegram", |r| format!("{}:AA{}", r.digits(10), r.alnum(33))),
    token!("atlassian", |r| format!("ATATT3xFfGF0{}={}", r.alnum(160), r.upper(8))),
    token!("supabase", |r| format!("sbp_{}", r.hex(40))),
    token!("planetscale", |r| format!("pscale_tkn_{}", r.alnum(43))),
    token!("azure client secret", |r| format!("{}8Q~{}", r.alnum(3), r.alnum(34))),
    token!("age key", |r| format!("AGE-SECRET-KEY-1{}", r.upper(58))),
    token!("groq", |r| format!("gsk_{}", r.alnum(52))),
    token!("json web token", |r| {
        let header = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let body = format!("{{\"sub\":\"{}\",\"iat\":17{}}}", r.digits(10), r.digits(8));
        format!("{header}.{}.{}", data_encoding::BASE64URL_NOPAD.encode(body.as_bytes()), r.alnum(43))
    }),
    told!("aws secret key", |r| r.base64(30), "aws_secret_access_key = ", "\n"),
    told!("aws secret asked", |r| r.base64(30), "AWS Secret Access Key [None]: ", "\n"),
    told!("azure storage", |r| r.base64(64), "DefaultEndpointsProtocol=https;AccountName=store;AccountKey=", ";EndpointSuffix=core.windows.net"),
    told!("shell password", |r| r.letters(SIGNS, 12), "export DB_PASSWORD='", "'\n"),
    told!("env password", |r| r.alnum(11), "POSTGRES_PASSWORD=", "\nPOSTGRES_DB=app\n"),
    told!("env words", |r| format!("{}{}", r.word(), r.word()), "SMTP_PASSWORD=", "\n"),
    told!("env key", |r| r.alnum(32), "APP_ENCRYPTION_KEY=", "\n"),
    told!("yaml password", |r| r.alnum(14), "db:\n  user: app\n  password: ", "\n  port: 5432\n"),
    told!("toml token", |r| r.alnum(24), "[registry]\ntoken = \"", "\"\n"),
    told!("json password", |r| r.letters(SIGNS, 13), "{\"user\": \"app\", \"password\": \"", "\"}"),
    told!("code secret", |r| r.hex(40), "const clientSecret = \"", "\";\n"),
    told!("typed code secret", |r| r.alnum(28), "let api_key: &str = \"", "\";\n"),
    told!("flag", |r| r.alnum(12), "tool login --user app --password ", " --force"),
    told!("postgres address", |r| r.alnum(10), "postgres://app:", "@db.internal:5432/app"),
    told!("git address", |r| r.alnum(40), "git clone https://x-access-token:", "@github.com/org/repo.git"),
    told!("redis address", |r| r.letters("0123456789abcdefghijkl!", 10), "redis://:", "@cache:6379/0"),
    told!("bearer", |r| r.alnum(40), "curl -H 'Authorization: Bearer ", "' https://api.internal/v1"),
    told!("basic", |r| r.base64(24), "Authorization: Basic ", "\r\nAccept: */*\r\n"),
    told!("header key", |r| r.hex(32), "X-Api-Key: ", "\n"),
    told!("cookie", |r| r.alnum(32), "Cookie: theme=dark; sessionid=", "; lang=en\n"),
    told!("set-cookie", |r| r.alnum(32), "set-cookie: sid=", "; Path=/; HttpOnly\n"),
    told!("curl user", |r| r.alnum(12), "curl -u app:", " https://api.internal/"),
    told!("mysql", |r| r.alnum(12), "mysql -h db -uapp -p", " app < dump.sql"),
    told!("sshpass", |r| r.alnum(12), "sshpass -p ", " ssh app@host uptime"),
    told!("netrc", |r| r.alnum(16), "machine api.internal login app password ", "\n"),
    told!("npmrc", |r| r.alnum(30), "//registry.internal/:_authToken=", "\n"),
    told!("query", |r| r.alnum(24), "https://api.internal/v1?access_token=", "&page=2"),
    told!("connection string", |r| r.alnum(14), "Server=db;Database=app;User Id=app;Password=", ";Encrypt=true"),
    told!("xml", |r| r.alnum(14), "<server><password>", "</password></server>"),
    told!("prose", |r| r.alnum(12), "The password is ", " for now."),
    told!("setenv", |r| r.alnum(30), "os.environ[\"SERVICE_TOKEN\"] = \"", "\""),
    told!("private key", |r| r.base64(48), concat!("-----BEGIN RSA ", "PRIVATE KEY-----\n"), concat!("\n-----END RSA ", "PRIVATE KEY-----\n")),
    told!("cut private key", |r| r.base64(48), concat!("-----BEGIN ", "PRIVATE KEY-----\n"), "\n…412 tokens truncated…"),
    told!("patched private key", |r| r.base64(48), concat!("+-----BEGIN OPENSSH ", "PRIVATE KEY-----\n+"), "\n+-----END"),
    told!("django", |r| r.letters(SIGNS, 50), "SECRET_KEY = 'django-insecure-", "'\n"),
    told!("cut github", |r| r.alnum(12), "Token: ghp_", "…128 tokens truncated…"),
    told!("coloured", |r| r.alnum(20), "API_TOKEN\u{1b}[0m=\u{1b}[32m", "\u{1b}[0m\n"),
    told!("percent", |r| r.alnum(20), "https://host/cb%3Fclient_secret%3D", "%26x%3D1"),
    told!("mail", |r| format!("{}.{}@{}-corp.com", r.word(), r.word(), r.word()), "reply to ", " soon"),
    told!("home", |r| r.word(), "cd /home/", "/project && ls"),
    told!("mac home", |r| r.word(), "/Users/", "/Library/x"),
    told!("windows home", |r| r.word(), "C:\\Users\\", "\\AppData"),
    told!("author", |r| format!("{} {}", r.word(), r.word()), "Author: ", " <dev@some-corp.com>\n"),
    told!("listing", |r| r.word(), "drwxr-xr-x 2 ", " staff 64 May 1 10:00 src\n"),
    told!("prompt", |r| r.word(), "", "@buildbox:~/x$ make\n"),
];

/// One planted secret a kind.
pub fn all(random: &mut Random) -> Vec<Planted> {
    let one = |(kind, make): &(&'static str, Make)| {
        let (secret, text) = make(random);
        // Lines of a key are checked one by one; so are the words of a name.
        let secrets = vec![secret];
        Planted { kind, text, secrets }
    };
    let mut all: Vec<Planted> = KINDS.iter().map(one).collect();
    let of_tool = |(kind, secret, text)| Planted { kind, text, secrets: vec![secret] };
    all.extend(tools::all(random).into_iter().map(of_tool));
    all
}

/// Writes a line of a session with a text in it.
pub type Write = fn(&str) -> String;

/// How a text gets into a session.
pub const CARRIERS: &[(&str, Write)] = &[
    ("argument", |text| call(&json!({"cmd": format!("run {text}"), "workdir": "/w"}))),
    ("argument list", |text| call(&json!({"command": ["bash", "-lc", text]}))),
    ("output", |text| output(&format!("Chunk ID: 1\nOutput:\nfirst line\n{text}\nlast line\n"))),
    ("end of output", |text| output(&format!("Output:\n{text}"))),
    ("prompt", |text| message(&format!("Please use this:\n\n{text}\n\nand go on."))),
    ("heredoc", |text| call(&json!({"cmd": format!("cat > .env <<'EOF'\n{text}\nEOF\n")}))),
    ("patch", |text| {
        let added: Vec<String> = text.lines().map(|line| format!("+{line}")).collect();
        line(&json!({"type": "custom_tool_call", "name": "apply_patch", "call_id": "c1", "input": format!(
            "*** Begin Patch\n*** Add File: .env\n{}\n*** End Patch", added.join("\n"))}))
    }),
    ("base64", |text| {
        let body = data_encoding::BASE64.encode(format!("config\n{text}\n").as_bytes());
        call(&json!({"cmd": format!("echo {body} | base64 -d")}))
    }),
    ("base64 of addresses", |text| {
        let body = data_encoding::BASE64URL_NOPAD.encode(format!("config\n{text}\n").as_bytes());
        output(&format!("data:text/plain;base64,{body}"))
    }),
    ("JSON in JSON in JSON", |text| {
        let inner = json!({"body": text}).to_string();
        call(&json!({"payload": json!({"request": inner}).to_string()}))
    }),
    ("template of code mode", |text| {
        let quoted = text.replace('\\', "\\\\").replace('`', "\\`");
        line(&json!({"type": "custom_tool_call", "name": "exec", "call_id": "c1",
            "input": format!("const r = await tools.exec_command({{cmd: `{quoted}`}});\ntext(r.output);")}))
    }),
    ("result of a server", |text| {
        event(
            &json!({"type": "mcp_tool_call_end", "call_id": "c1", "invocation": {"server": "s", "tool": "t"},
            "result": {"Ok": {"content": [{"type": "text", "text": json!({"body": text}).to_string()}]}}}),
        )
    }),
    ("summary of thoughts", |text| {
        line(
            &json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": format!("I see `{text}` there.")}]}),
        )
    }),
    ("terminal", |text| {
        let lines: Vec<String> =
            text.lines().map(|line| format!("\u{1b}[2K\u{1b}[1m{line}\u{1b}[0m")).collect();
        output(&format!("Output:\r\n{}\r\n", lines.join("\r\n")))
    }),
    ("difference", |text| {
        let lines: Vec<String> = text.lines().map(|line| format!("-{line}")).collect();
        output(&format!(
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n x\n{}\n+y\n",
            lines.join("\n")
        ))
    }),
    ("compacted history", |text| {
        json!({"timestamp": "2026-05-12T09:14:03Z", "type": "compacted", "payload": {"message": format!("So far:\n{text}"),
            "replacement_history": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]}})
            .to_string() + "\n"
    }),
    ("plain text", |text| format!("some log\n{text}\nmore\n")),
];

fn line(payload: &Value) -> String {
    json!({"timestamp": "2026-05-12T09:14:03Z", "type": "response_item", "payload": payload}).to_string()
        + "\n"
}

fn event(payload: &Value) -> String {
    json!({"timestamp": "2026-05-12T09:14:03Z", "type": "event_msg", "payload": payload}).to_string() + "\n"
}

fn call(arguments: &Value) -> String {
    line(
        &json!({"type": "function_call", "name": "exec_command", "call_id": "call_1", "arguments": arguments.to_string()}),
    )
}

fn output(text: &str) -> String {
    line(&json!({"type": "function_call_output", "call_id": "call_1", "output": text}))
}

fn message(text: &str) -> String {
    line(&json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}))
}

/// Whether a secret can be read from a masked text, through escapes and base64.
pub fn can_be_read(masked: &str, secret: &str) -> bool {
    if masked.contains(secret) {
        return true;
    }
    let plain = masked
        .replace("\\\\\\\\", "\\")
        .replace("\\\\", "\\")
        .replace("\\\"", "\"")
        .replace("\\u001b", "\u{1b}");
    let in_base64 = |text: &str| decoded(text).iter().any(|text| says(text, secret));
    says(&plain, secret) || in_base64(masked) || decoded(masked).iter().any(|text| in_base64(text))
}

/// Whether a text holds a secret, as it is or with percent signs.
fn says(text: &str, secret: &str) -> bool {
    let plain = || text.replace("%21", "!").replace("%2F", "/").replace("%2B", "+").replace("%3D", "=");
    text.contains(secret) || (text.contains('%') && plain().contains(secret))
}

/// What runs of letters stand for in base64, wherever they begin.
fn decoded(text: &str) -> Vec<String> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let mut found = Vec::new();
    for run in text.split(|c| !is_letter(c)).filter(|run| run.len() >= 12) {
        let standard = run.replace('-', "+").replace('_', "/");
        for part in (0..4).filter_map(|skip| standard.get(skip..)) {
            for part in [part, &part[..part.len() / 4 * 4]] {
                let bytes = data_encoding::BASE64_NOPAD.decode(part.as_bytes()).unwrap_or_default();
                found.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    found
}
