//! Whether a value, given the name it stands under, is a secret.

use super::name::Weight;
use super::token::{distinct, has_digit_and_letter, is_dull, is_sample, is_wordy};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// In quotes, or a whole text of JSON.
    Quoted,
    /// As shells and `.env` files write it: `NAME=value`, or after a flag.
    Env,
    /// Bare, as in YAML, in prose, or in code, where it may be the name of another variable.
    Bare,
}

/// Shortest and longest value that is looked at, in bytes.
const LEAST: usize = 4;
pub(super) const MOST: usize = 8 * 1024;

/// Values that stand for others, for nothing, or for a field of a form.
const PLAIN: &[&str] = &[
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "text",
    "password",
    "passwd",
    "secret",
    "token",
    "hidden",
    "required",
    "optional",
    "empty",
    "default",
    "unset",
    "missing",
    "invalid",
    "bearer",
    "basic",
    "object",
    "number",
    "boolean",
    "function",
    "inherit",
    "value",
    "test",
    "user",
    "username",
    "admin",
    "root",
    "login",
    "auth",
    "enabled",
    "disabled",
    "unknown",
    "redacted",
    "masked",
    "sha256",
    "bcrypt",
    "argon2",
    "plaintext",
    "confirm",
    "forgot",
    "reset",
    "change",
    "current",
    "access_token",
    "refresh_token",
    "id_token",
    "api_key",
    "apikey",
    "oauth",
    "stdin",
    "prompt",
    "vault",
    "keychain",
    "keyring",
    "never",
    "always",
    "write",
    "read",
    "yes",
    "no",
    "any",
    "str",
    "option",
    "self",
    "args",
    "config",
    "this",
    "process",
    "body",
    "data",
    "input",
    "result",
    "error",
    "type",
];

/// Parts of values that stand for others, wherever they are.
const STAND_INS: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"redacted",
    b"<",
    b"{{",
    b"${",
    b"not_a_real",
    b"not-a-real",
    b"[masked",
    b"process.env",
    b"os.environ",
    b"getenv",
    b"env::",
];

/// Short words of that meaning: chance puts them into the middle of long secrets.
const STAND_IN_WORDS: &[&[u8]] =
    &[b"your", b"insert", b"replace", b"dummy", b"todo", b"env", b"xxxx", b"****", b"...."];

/// Whether a text in small letters holds a word that stands for a value.
pub(super) fn has_stand_in(lower: &[u8]) -> bool {
    STAND_INS.iter().any(|part| memchr::memmem::find(lower, part).is_some())
        || STAND_IN_WORDS.iter().any(|word| {
            memchr::memmem::find_iter(lower, word).any(|at| {
                let begins = at == 0 || !lower[at - 1].is_ascii_alphanumeric();
                let ends = lower.get(at + word.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
                // `your-key`, `yourkey`, `my_env.key`; a few different letters in all: `sk-xxxxxxxx`.
                (begins && (ends || distinct(lower) < 14)) || distinct(lower) < 6
            })
        })
}

/// Whether this value is a secret.
pub(super) fn is_secret(value: &[u8], weight: Weight, style: Style) -> bool {
    if value.len() < LEAST || value.len() > MOST || stands_for_another(value) {
        return false;
    }
    match weight {
        Weight::Password => is_password(value, style),
        Weight::Phrase => {
            let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
            (12..=24).contains(&words) && value.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b' ')
        }
        Weight::Secret | Weight::Header | Weight::Cookie => is_token(value, style),
        Weight::Key => is_token(value, style) && value.len() >= 16 && distinct(value) >= 9,
    }
}

/// Whether a value is a reference, a sample or nothing.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    value.is_empty() || stands_for_another(value)
}

/// A reference, a sample, or a word that no one would choose.
fn stands_for_another(value: &[u8]) -> bool {
    if matches!(value[0], b'$' | b'%' | b'<' | b'{' | b'@' | b'&' | b'*' | b'(' | b'[') && !is_odd(value) {
        return true;
    }
    if PLAIN.iter().any(|plain| value.eq_ignore_ascii_case(plain.as_bytes())) || distinct(value) < 3 {
        return true;
    }
    let mut lower = [0u8; 128];
    let len = value.len().min(lower.len());
    lower[..len].copy_from_slice(&value[..len]);
    lower.make_ascii_lowercase();
    has_stand_in(&lower[..len])
}

/// A value that begins with a sign and is no reference: `$ecret!23`, `@dm1n-pw`.
fn is_odd(value: &[u8]) -> bool {
    let closes = matches!(value[value.len() - 1], b'}' | b'>' | b')' | b'%' | b']');
    let name = value[1..]
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-'));
    !closes && !name && has_digit_and_letter(value)
}

fn is_password(value: &[u8], style: Style) -> bool {
    if is_place(value) {
        return false;
    }
    let letters = value.iter().all(u8::is_ascii_alphabetic);
    let digits = value.iter().all(u8::is_ascii_digit);
    let spaces = memchr::memchr_iter(b' ', value).count();
    if digits {
        return value.len() >= 6 && style != Style::Bare;
    }
    if spaces > 0 {
        return style == Style::Quoted && spaces <= 3 && has_digit_and_letter(value) && value.len() <= 40;
    }
    if style == Style::Bare && is_code(value) {
        return false;
    }
    if letters {
        let kin =
            ["pass", "word", "secret", "token", "invalid", "error", "required", "hash", "string", "prompt"];
        let about = kin.iter().any(|word| contains(value, word));
        let mixed =
            value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
        let camel = mixed && (is_camel(value) || value.len() < 12);
        return style != Style::Bare && value.len() >= 8 && !about && !(camel && style == Style::Quoted);
    }
    if has_digit_and_letter(value) {
        return value.len() >= 5;
    }
    // Letters and signs: `correct-horse-battery`, but not `current-password` and not `user.password`.
    let odd = value.iter().any(|byte| b"!#$%^&*+=~?@".contains(byte));
    value.len() >= 8 && (odd || (value.len() >= 16 && style != Style::Bare && !contains(value, "pass")))
}

fn is_token(value: &[u8], style: Style) -> bool {
    if value.len() < 8 || is_place(value) || value.contains(&b' ') || is_sample(value) || is_dull(value) {
        return false;
    }
    if style == Style::Bare && is_code(value) {
        return false;
    }
    let long = value.len() >= 20 && distinct(value) >= 12;
    if !has_digit_and_letter(value) {
        let mixed = value.iter().any(u8::is_ascii_lowercase) && value.iter().any(u8::is_ascii_uppercase);
        return long && mixed && value.len() >= 24 && !value.contains(&b'.') && !is_camel(value);
    }
    distinct(value) >= 6 && !is_wordy(value) && !is_version(value)
}

/// Words written together: `someLongVariableName`.
fn is_camel(value: &[u8]) -> bool {
    let upper = value.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_') && upper * 4 <= value.len()
}

/// An expression of a program: `user.password`, `getToken(1)`, `self.token2`, `password1`.
fn is_code(value: &[u8]) -> bool {
    if value.iter().any(|byte| matches!(byte, b'(' | b'[' | b')' | b']'))
        || memchr::memmem::find(value, b"::").is_some()
    {
        return true;
    }
    let name = |part: &[u8]| {
        let letters = part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        letters && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let parts = value.split(|byte| *byte == b'.').count();
    let names =
        value.split(|byte| matches!(byte, b'.' | b'?' | b'!')).filter(|part| !part.is_empty()).all(name);
    let kin = ["pass", "word", "secret", "token", "key", "cred", "auth"];
    let about = value.len() < 24 && kin.iter().any(|word| contains(value, word));
    names && (parts > 1 || about || value.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_'))
}

/// A path, an address, a file name.
fn is_place(value: &[u8]) -> bool {
    if value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~")
    {
        let odd = value.split(|byte| *byte == b'/').any(is_base64);
        return !odd && (is_wordy(value) || memchr::memchr_iter(b'/', value).count() > 2);
    }
    let address = memchr::memmem::find(value, b"://").is_some();
    let drive = value.len() > 3
        && value[0].is_ascii_alphabetic()
        && (value[1..].starts_with(b":\\") || value[1..].starts_with(b":/"));
    let file = value.iter().rposition(|byte| *byte == b'.').is_some_and(|dot| {
        let ends = &value[dot + 1..];
        (2..=5).contains(&ends.len()) && ends.iter().all(u8::is_ascii_lowercase) && is_wordy(&value[..dot])
    });
    address || drive || file
}

/// A part of a value in base64, which no folder is called.
fn is_base64(part: &[u8]) -> bool {
    part.len() >= 20
        && distinct(part) >= 12
        && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'='))
        && part.iter().any(u8::is_ascii_digit)
        && part.iter().any(u8::is_ascii_lowercase)
        && part.iter().any(u8::is_ascii_uppercase)
}

fn is_version(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let dots = value.iter().filter(|byte| matches!(byte, b'.' | b'-' | b':')).count();
    dots >= 2
        && digits + dots + 4 >= value.len()
        && value.iter().filter(|byte| byte.is_ascii_alphabetic()).count() <= 4
}

fn contains(value: &[u8], word: &str) -> bool {
    value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        for (value, style, is) in [
            ("hunter2long", Style::Bare, true),
            ("correcthorse", Style::Env, true),
            ("correcthorse", Style::Quoted, true),
            ("correcthorse", Style::Bare, false),
            ("user.password", Style::Bare, false),
            ("password1", Style::Bare, false),
            ("P@ss-w0rd!", Style::Bare, true),
            ("current-password", Style::Quoted, false),
            ("/home/work/project", Style::Env, false),
            ("${DB_PASSWORD}", Style::Quoted, false),
            ("$ecret!23", Style::Quoted, true),
            ("your-password-1", Style::Quoted, false),
            ("str", Style::Bare, false),
            ("********", Style::Quoted, false),
            ("Enter your password", Style::Quoted, false),
            ("12345678", Style::Env, true),
        ] {
            assert_eq!(is_secret(value.as_bytes(), Weight::Password, style), is, "{value} {style:?}");
        }
    }

    #[test]
    fn tokens() {
        for (value, is) in [
            ("9f8e7d6c5b4a39281706", true),
            ("a1B2-c3D4-e5F6-g7H8", true),
            ("1.2.3-beta.1", false),
            ("my-secret-v2", false),
            ("function_call", false),
            ("process.env.TOKEN1", false),
            ("https://example.com/t0ken", false),
            ("550e8400-e29b-41d4-a716-446655440000", true),
            ("db-credentials-1", false),
        ] {
            assert_eq!(is_secret(value.as_bytes(), Weight::Secret, Style::Quoted), is, "{value}");
        }
    }
}
