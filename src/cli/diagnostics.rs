use std::io::Write;

use anstyle::{AnsiColor, Style};
use plugin_eval::finding::{Finding, Severity};
use plugin_eval::report::escape;

/// Prints findings, errors last so that they are next to the prompt.
pub(crate) fn print(findings: &[Finding], out: &mut impl Write) -> std::io::Result<()> {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.severity);
    for finding in sorted {
        let (name, style) = look(finding.severity);
        write!(out, "{style}{name}{style:#}[{}]: ", escape::line(&finding.code))?;
        if let Some(place) = &finding.place {
            write!(out, "{}: ", escape::line(&place.to_string()))?;
        }
        writeln!(out, "{}", escape::line(&finding.message))?;
        if !finding.help.is_empty() {
            writeln!(out, "  help: {}", escape::line(&finding.help))?;
        }
    }
    Ok(())
}

fn look(severity: Severity) -> (&'static str, Style) {
    let (name, colour) = match severity {
        Severity::Note => ("note", AnsiColor::Cyan),
        Severity::Warning => ("warning", AnsiColor::Yellow),
        Severity::Error => ("error", AnsiColor::Red),
    };
    (name, colour.on_default().bold())
}

/// `1 error, 2 warnings`.
pub(crate) fn count(findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let plural = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", plural(of(Severity::Error), "error"), plural(of(Severity::Warning), "warning"))
}
