//! Secrets in the commands and files of tools, as people type them and tools print them.

use super::super::random::Random;

/// A value, and the text in which `{}` stands for it.
type Told = (&'static str, fn(&mut Random) -> String, &'static str);

#[rustfmt::skip]
const TOLD: &[Told] = &[
    ("curl --user=", |r| r.alnum(16), "curl --user=ci:{} https://api.internal/x"),
    ("curl quoted user", |r| r.alnum(16), "curl -sS -u \"ci:{}\" https://api.internal/x"),
    ("wget", |r| r.alnum(14), "wget --password={} --user=app https://files.internal"),
    ("kubeconfig token", |r| format!("k8s-{}", r.alnum(44)), "users:\n- name: a\n  user:\n    token: {}\n"),
    ("kubeconfig key", |r| r.base64(120), "users:\n- name: a\n  user:\n    client-key-data: {}\n"),
    ("kubectl literal", |r| r.alnum(30), "kubectl create secret generic x --from-literal=password={}"),
    ("npmrc password", |r| r.base64(21), "//registry.internal/:_password=\"{}\"\n"),
    ("npm config", |r| r.alnum(30), "npm config set //registry.internal/:_authToken {}"),
    ("cargo login", |r| format!("cio{}", r.alnum(32)), "cargo login {}"),
    ("twine", |r| format!("pypi-AgEIcHlwaS5vcmc{}", r.alnum(60)), "twine upload -u __token__ -p {} dist/*"),
    ("hf login", |r| format!("hf_{}", r.alnum(34)), "huggingface-cli login --token {}"),
    ("vault login", |r| format!("hvs.{}", r.alnum(90)), "vault login {}"),
    ("doppler", |r| format!("dp.pt.{}", r.alnum(43)), "doppler configure set token {}"),
    ("gh secret", |r| r.alnum(30), "gh secret set DEPLOY_KEY --body \"{}\""),
    ("docker login", |r| r.alnum(18), "docker login -u ci -p {} registry.internal"),
    ("docker login by pipe", |r| r.alnum(18), "echo {} | docker login -u ci --password-stdin registry.internal"),
    ("docker run", |r| r.alnum(20), "docker run -e API_TOKEN={} image"),
    ("az login", |r| r.alnum(34), "az login --service-principal -u app -p {} --tenant x"),
    ("aws configure id", |r| format!("AKIA{}", r.upper(16)), "aws configure set aws_access_key_id {}"),
    ("aws configure secret", |r| r.base64(30), "aws configure set aws_secret_access_key {}"),
    ("mysql quoted", |r| r.alnum(12), "mysql -u root -p'{}' -e 'select 1'"),
    ("pgpassword", |r| r.alnum(12), "PGPASSWORD={} psql -h db"),
    ("htpasswd", |r| r.alnum(14), "htpasswd -b -c users app {}"),
    ("ssh-keygen", |r| r.alnum(14), "ssh-keygen -t ed25519 -N '{}' -f key"),
    ("openssl pass", |r| r.alnum(14), "openssl enc -aes-256-cbc -pass pass:{} -in x"),
    ("net use", |r| r.alnum(14), "net use \\\\files\\x /user:app {}"),
    ("securestring", |r| r.alnum(20), "$p = ConvertTo-SecureString '{}' -AsPlainText -Force"),
    ("powershell env", |r| r.alnum(20), "$env:SECRET_KEY = '{}'"),
    ("cmd set", |r| r.alnum(20), "set SECRET_TOKEN={}"),
    ("mysql address", |r| r.alnum(14), "DATABASE_URL=mysql://app:{}@db.internal:3306/app"),
    ("mongodb address", |r| r.alnum(14), "mongodb+srv://app:{}@cluster.internal/app"),
    ("amqp address", |r| r.alnum(14), "AMQP_URL=amqp://app:{}@mq.internal:5672/v"),
    ("jdbc", |r| r.alnum(14), "jdbc:postgresql://db.internal/x?user=app&password={}&ssl=true"),
    ("ado.net", |r| r.alnum(14), "Server=tcp:db.internal,1433;User ID=app;Password={};Encrypt=true"),
    ("git oauth2", |r| format!("glpat-{}", r.alnum(20)), "git clone https://oauth2:{}@git.internal/a/b.git"),
    ("telegram address", |r| format!("{}:AA{}", r.digits(9), r.alnum(33)), "https://api.telegram.org/bot{}/sendMessage"),
    ("token header", |r| r.hex(40), "curl -H \"Authorization: token {}\" https://api.internal"),
    ("quoted header", |r| r.alnum(32), "curl -H 'X-Api-Key: {}' https://api.internal"),
    ("stripe code", |r| format!("sk_live_{}", r.alnum(24)), "stripe.api_key = \"{}\""),
    ("xml attribute", |r| r.alnum(16), "<add key=\"ApiSecret\" value=\"{}\"/>"),
    ("properties", |r| r.alnum(16), "spring.datasource.password={}\n"),
    ("ini colon", |r| r.alnum(16), "[mail]\nsmtp_pass : {}\n"),
    ("toml table", |r| r.alnum(16), "[db]\npassword = \"{}\"\n"),
    ("ansible", |r| r.alnum(14), "ansible_become_pass: {}\n"),
    ("terraform value", |r| r.alnum(24), "variable \"db\" {\n  default = \"x\"\n}\nmaster_password = \"{}\"\n"),
    ("rails", |r| r.hex(64), "production:\n  secret_key_base: {}\n"),
    ("alter user", |r| r.alnum(14), "ALTER USER app WITH PASSWORD '{}';"),
    ("create user", |r| r.alnum(14), "db.createUser({user:'x',pwd:'{}',roles:[]})"),
    ("datadog", |r| r.hex(32), "DD_API_KEY: {}\n"),
    ("twilio token", |r| r.hex(32), "TWILIO_AUTH_TOKEN={}\n"),
    ("square", |r| format!("sq0csp-{}", r.alnum(43)), "square: {}"),
    ("heroku", |r| format!("HRKU-{}", r.alnum(36)), "heroku auth:token\n{}\n"),
    ("service account", |r| r.base64(60), concat!("{\"type\": \"service_account\", \"private_key\": \"-----BEGIN ", "PRIVATE KEY-----\\n{}\\n-----END ", "PRIVATE KEY-----\\n\"}")),
    ("key in a variable", |r| r.base64(48), concat!("export KEY=\"-----BEGIN EC ", "PRIVATE KEY-----\\n{}\\n-----END EC ", "PRIVATE KEY-----\\n\"")),
    ("JSON in JSON", |r| r.alnum(20), "{\"env\": \"{\\\"client_secret\\\": \\\"{}\\\"}\"}"),
];

/// A value, and a text that has it in another writing.
type Written = (&'static str, fn(&mut Random) -> (String, String));

const WRITTEN: &[Written] = &[
    ("docker auth", |r| {
        let value = r.alnum(24);
        let auth = data_encoding::BASE64.encode(format!("deploy:{value}").as_bytes());
        (
            value,
            format!(
                "cat > auth.json <<'EOF'\n{{\"auths\": {{\"r.internal\": {{\"auth\": \"{auth}\"}}}}}}\nEOF"
            ),
        )
    }),
    ("basic of a user", |r| {
        let value = r.alnum(20);
        let auth = data_encoding::BASE64.encode(format!("app:{value}").as_bytes());
        (value, format!("git -c http.extraHeader=\"Authorization: Basic {auth}\" fetch"))
    }),
    ("kubernetes secret", |r| {
        let value = r.alnum(20);
        let data = data_encoding::BASE64.encode(value.as_bytes());
        (value, format!("apiVersion: v1\nkind: Secret\ndata:\n  password: {data}\n"))
    }),
    ("variables in base64", |r| {
        let value = r.alnum(20);
        let data = data_encoding::BASE64.encode(format!("API_KEY={value}\n").as_bytes());
        (value, format!("echo {data} | base64 -d > .env"))
    }),
    ("address with percent signs", |r| {
        let (start, end) = (r.alnum(10), r.alnum(12));
        (format!("{start}!x/{end}"), format!("https://app:{start}%21x%2F{end}@db.internal/path"))
    }),
    ("signed address", |r| {
        let value = r.base64(32);
        let sig = value.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        (value, format!("https://acc.blob.core.windows.net/c/f?sv=2022-11-02&sr=b&sp=r&sig={sig}"))
    }),
];

/// Value and text of each kind.
pub fn all(random: &mut Random) -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for (kind, make, text) in TOLD {
        let value = make(random);
        all.push((*kind, value.clone(), text.replace("{}", &value)));
    }
    for (kind, make) in WRITTEN {
        let (value, text) = make(random);
        all.push((*kind, value, text));
    }
    all
}
