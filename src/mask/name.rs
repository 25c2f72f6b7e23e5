//! Which names of variables, keys, flags and headers stand for a secret.

/// What a name promises about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// A password: people choose it, so that it may be short and plain.
    Password,
    /// A secret or token: long, and with letters and digits.
    Secret,
    /// Some `…_KEY`: often a secret, often not; the value must look random.
    Key,
    /// The value of an `Authorization` header: a scheme and a token.
    Header,
    /// The value of a `Cookie` header: pairs.
    Cookie,
    /// Words that restore a wallet or a key.
    Phrase,
}

/// Texts that a sensitive name contains, for the search over whole texts.
pub(super) const STEMS: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pass_phrase",
    "passcode",
    "pass",
    "pwd",
    "secret",
    "token",
    "apikey",
    "key",
    "credential",
    "auth",
    "cookie",
    "mnemonic",
    "seed",
    "bearer",
    "jwt",
    "_pw",
    "sig",
];

/// Most words of a name that are looked at, from its end.
const MOST_WORDS: usize = 6;

/// Words that say which one a secret is, after the word that says that it is one.
const AFTER: &[&str] = &[
    "value",
    "base64",
    "b64",
    "raw",
    "plain",
    "plaintext",
    "default",
    "prod",
    "production",
    "dev",
    "development",
    "staging",
    "test",
    "testing",
    "live",
    "old",
    "new",
    "current",
    "previous",
    "env",
    "primary",
    "secondary",
    "var",
    "input",
    "literal",
    "a",
    "b",
];

/// Words before `token` that make it a thing of parsers, pages and models.
const NOT_TOKEN: &[&str] = &[
    "next",
    "page",
    "continuation",
    "sync",
    "cancel",
    "cancellation",
    "eos",
    "bos",
    "pad",
    "unk",
    "eot",
    "stop",
    "special",
    "chat",
    "mask",
    "cursor",
    "design",
    "mention",
    "start",
    "end",
    "last",
    "first",
    "num",
    "max",
    "per",
    "input",
    "output",
    "total",
    "color",
    "syntax",
    "reserved",
    "lex",
    "parse",
];

/// Words before `key` that make it a secret.
const SECRET_KEY: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "signing",
    "encryption",
    "account",
    "auth",
    "master",
    "shared",
    "license",
    "consumer",
    "deploy",
    "storage",
    "encrypt",
    "subscription",
    "hmac",
    "webhook",
    "security",
    "integration",
    "admin",
    "service",
    "session",
    "crypto",
    "jwt",
    "app",
    "application",
    "priv",
    "signature",
];

/// Words before `key` that make it none.
const NOT_KEY: &[&str] = &[
    "public",
    "pub",
    "foreign",
    "primary",
    "sort",
    "partition",
    "cache",
    "idempotency",
    "map",
    "object",
    "row",
    "index",
    "lookup",
    "unique",
    "group",
    "query",
    "react",
    "config",
    "storage_",
    "s3",
    "hot",
    "shift",
    "arrow",
];

/// Last words of names of passwords, and of other secrets.
#[rustfmt::skip]
const PASSWORDS: &[&str] = &[
    "password", "passwd", "passwort", "passphrase", "passcode", "userpassword", "dbpassword", "pgpassword",
];
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "secret", "apikey", "apisecret", "apitoken", "secretkey", "accesskey", "privatekey", "clientsecret", "authkey",
    "credential", "credentials", "bearer", "sharedsecret", "accountkey", "sharedaccesskey", "passkey",
];

/// Some words of a name, from its end.
struct Words<'n> {
    words: [&'n [u8]; MOST_WORDS],
    len: usize,
}

impl<'n> Words<'n> {
    fn of(name: &'n [u8]) -> Self {
        let mut words = Self { words: [b""; MOST_WORDS], len: 0 };
        let mut end = name.len();
        let mut at = end;
        while at > 0 && words.len < MOST_WORDS {
            at -= 1;
            let byte = name[at];
            if !byte.is_ascii_alphanumeric() {
                words.push(&name[at + 1..end]);
                end = at;
            } else if byte.is_ascii_uppercase() {
                let before_lower = name.get(at + 1).is_some_and(u8::is_ascii_lowercase) && at + 1 < end;
                let after_lower = at > 0 && !name[at - 1].is_ascii_uppercase();
                if before_lower || after_lower {
                    words.push(&name[at..end]);
                    end = at;
                }
            }
        }
        if at == 0 {
            words.push(&name[..end]);
        }
        words
    }

    fn push(&mut self, word: &'n [u8]) {
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let word = &word[..word.len() - digits];
        if !word.is_empty() && self.len < MOST_WORDS {
            self.words[self.len] = word;
            self.len += 1;
        }
    }

    fn is(&self, index: usize, among: &[&str]) -> bool {
        let Some((first, rest)) = self.words[index.min(MOST_WORDS - 1)].split_first() else { return false };
        let first = first.to_ascii_lowercase();
        let is_word = |word: &&str| {
            let (start, more) = word.as_bytes().split_at(1);
            start[0] == first && more.len() == rest.len() && rest.eq_ignore_ascii_case(more)
        };
        index < self.len && among.iter().any(is_word)
    }
}

/// The letters of a word as bits.
const fn letters(word: &[u8]) -> u32 {
    let mut bits = 0;
    let mut at = 0;
    while at < word.len() {
        bits |= 1 << (word[at] & 31);
        at += 1;
    }
    bits
}

/// The letters of words of which every name of a secret holds one.
#[rustfmt::skip]
const NEEDED: [u32; 12] = [
    letters(b"pas"), letters(b"pw"), letters(b"secrt"), letters(b"token"), letters(b"key"), letters(b"cred"),
    letters(b"auth"), letters(b"cokie"), letters(b"mneoic"), letters(b"phrase"), letters(b"jwt"),
    letters(b"bear"),
];

/// What a name promises; `None` when it is no name of a secret.
pub(super) fn weigh(name: &[u8]) -> Option<Weight> {
    // Most keys of JSON lack the letters, which is sooner seen than read.
    let bits = letters(name);
    if name.len() < 2 || !NEEDED.iter().any(|needed| bits & needed == *needed) {
        return None;
    }
    let words = Words::of(name);
    let mut last = 0;
    while last + 1 < words.len && words.is(last, AFTER) {
        last += 1;
    }
    if words.is_password(name, last) {
        return Some(Weight::Password);
    }
    if words.is(last, &["mnemonic"])
        || (words.is(last, &["phrase"]) && words.is(last + 1, &["seed", "recovery"]))
    {
        return Some(Weight::Phrase);
    }
    if words.is(last, &["authorization"]) {
        return Some(Weight::Header);
    }
    if words.is(last, &["cookie"]) || (words.is(last, &["cookies"]) && words.len == 1) {
        return Some(Weight::Cookie);
    }
    // Of a kubeconfig.
    if name.eq_ignore_ascii_case(b"client-key-data") {
        return Some(Weight::Secret);
    }
    words.key(name, last)
}

/// Whether a name is that of the signature of an address that opens what it names: `…&sig=`, `?X-Amz-Signature=`.
pub(super) fn signs_address(text: &[u8], name: &std::ops::Range<usize>) -> bool {
    let before = name.start.checked_sub(1).and_then(|at| text.get(at));
    let names = ["sig", "signature", "x-amz-signature", "x-goog-signature"];
    matches!(before, Some(b'?' | b'&'))
        && names.iter().any(|known| text[name.clone()].eq_ignore_ascii_case(known.as_bytes()))
}

impl Words<'_> {
    fn is_password(&self, name: &[u8], last: usize) -> bool {
        let before = last + 1;
        // `PWD` is the folder that a shell is in.
        self.is(last, PASSWORDS)
            || (self.is(last, &["pwd"]) && (self.len > before || name == b"Pwd"))
            || (self.is(last, &["pass", "pw"]) && (self.len != 1 || name == b"PASS" || name == b"pass"))
            || (self.is(last, &["word", "phrase", "code"]) && self.is(before, &["pass"]))
    }

    fn key(&self, name: &[u8], last: usize) -> Option<Weight> {
        let before = last + 1;
        if self.is(last, &["token", "authtoken", "accesstoken", "jwt"]) {
            return (!self.is(before, NOT_TOKEN)).then_some(Weight::Secret);
        }
        let base = self.is(last, &["base"]) && self.is(before, &["key"]) && self.is(before + 1, &["secret"]);
        if base || self.is(last, SECRETS) {
            return Some(Weight::Secret);
        }
        if self.is(last, &["key"]) && !self.is(before, NOT_KEY) {
            if self.is(before, SECRET_KEY) {
                return Some(Weight::Secret);
            }
            let upper = self.len > before && !name.iter().any(u8::is_ascii_lowercase);
            return upper.then_some(Weight::Key);
        }
        (self.is(last, &["auth"]) && (name.starts_with(b"_") || name == b"auth")).then_some(Weight::Key)
    }
}

/// The name around a place: letters, digits, `_`, `-` and `.`.
pub(super) fn around(text: &[u8], at: usize) -> std::ops::Range<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let before = text[..at].iter().rev().take(80).take_while(|byte| is_name(byte)).count();
    let after = text[at..].iter().take(80).take_while(|byte| is_name(byte)).count();
    let (mut start, mut end) = (at - before, at + after);
    while start < end && matches!(text[start], b'-' | b'.') {
        start += 1;
    }
    while start < end && matches!(text[end - 1], b'.' | b'-') {
        end -= 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn names_of_secrets_are_told_from_others() {
        for (name, weight) in [
            ("password", Some(Weight::Password)), ("DB_PASSWORD", Some(Weight::Password)),
            ("dbPassword2", Some(Weight::Password)), ("PGPASSWORD", Some(Weight::Password)),
            ("MYSQL_PWD", Some(Weight::Password)), ("PWD", None),
            ("OLDPWD", None), ("password_hash", None),
            ("token_count", None), ("max_tokens", None),
            ("secretKeyRef", None), ("tokenizer", None),
            ("GITHUB_TOKEN", Some(Weight::Secret)), ("nextPageToken", None),
            ("_authToken", Some(Weight::Secret)), ("openaiApiKey", Some(Weight::Secret)),
            ("OPENAI_API_KEY_PROD", Some(Weight::Secret)), ("x-api-key", Some(Weight::Secret)),
            ("aws_secret_access_key", Some(Weight::Secret)), ("SECRET_KEY_BASE", Some(Weight::Secret)),
            ("publicKey", None), ("PRIMARY_KEY", None),
            ("STRIPE_KEY", Some(Weight::Key)), ("cacheKey", None),
            ("key", None), ("Authorization", Some(Weight::Header)),
            ("Set-Cookie", Some(Weight::Cookie)), ("SharedAccessKey", Some(Weight::Secret)),
            ("compass", None), ("author", None),
        ] {
            assert_eq!(weigh(name.as_bytes()), weight, "{name}");
        }
    }

    /// No word that makes a name one of a secret lacks the letters that are looked for first.
    #[test]
    fn the_first_look_gives_no_name_up() {
        let words =
            PASSWORDS.iter().chain(SECRETS).chain(&["pwd", "pw", "pass", "token", "authtoken", "jwt", "key"]);
        for word in
            words.chain(&["accesstoken", "auth", "authorization", "cookie", "cookies", "mnemonic", "phrase"])
        {
            let bits = letters(word.to_ascii_uppercase().as_bytes());
            assert_eq!(bits, letters(word.as_bytes()), "{word}");
            assert!(NEEDED.iter().any(|needed| bits & needed == *needed), "{word}");
        }
    }
}
