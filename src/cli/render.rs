use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::CommandFactory;
use plugin_eval::gate::ExitCode;
use plugin_eval::report::{self, SUMMARY_LIMIT, baseline_schema, job_summary, report_schema, terminal};

use super::args::{Cli, Completions, FailOn, Format, Look, Report, Schema, SchemaOf};

/// Renders a format from a report.json, or compares two.
pub(crate) fn report(args: &Report, look: Look) -> anyhow::Result<ExitCode> {
    if let Some(old) = &args.against {
        return against(args, old, look);
    }
    let path = report_file(&args.path);
    let mut out = look.stdout();
    let format = match args.format.unwrap_or(Format::GateMd) {
        Format::GateMd => report::Format::Markdown,
        Format::Html => report::Format::Html,
        Format::Junit => report::Format::Junit,
        Format::Sarif => report::Format::Sarif,
        Format::Github => {
            let read = report::read(&path, |_| Ok(()))?;
            out.write_all(job_summary(&read.suite, &read.summary, SUMMARY_LIMIT).as_bytes())?;
            return Ok(ExitCode::Holds);
        }
        Format::TasksCsv => report::Format::Tasks,
        Format::CallsCsv => report::Format::Calls,
        Format::ApprovalsCsv => report::Format::Approvals,
        Format::Terminal => {
            let read = report::read(&path, |_| Ok(()))?;
            let shown = path.display().to_string();
            out.write_all(terminal(&read.suite, &read.summary, &shown, look.colour()).as_bytes())?;
            return Ok(ExitCode::Holds);
        }
        Format::Markdown | Format::Json | Format::Csv => {
            bail!("this format compares two reports; name the older one with --against")
        }
    };
    report::render_again(&path, format, &mut out)?;
    Ok(ExitCode::Holds)
}

/// Sets two reports side by side.
fn against(args: &Report, old: &Path, look: Look) -> anyhow::Result<ExitCode> {
    let format = args.format.unwrap_or(Format::Terminal);
    let compares = matches!(format, Format::Terminal | Format::Markdown | Format::Json | Format::Csv);
    ensure!(compares, "with --against the format is terminal, markdown, json or csv");
    let found = report::against::compare(&report_file(&args.path), &report_file(old))?;
    let text = match format {
        Format::Markdown => report::against::markdown(&found).into_bytes(),
        Format::Json => [serde_json::to_vec_pretty(&found)?, b"\n".to_vec()].concat(),
        Format::Csv => report::against::rows(&found),
        _ => report::against::terminal(&found, look.colour()).into_bytes(),
    };
    look.stdout().write_all(&text)?;
    let fails = |on: &FailOn| match on {
        FailOn::Regression => !found.regressions.is_empty(),
        FailOn::Widened => found.changes.widened > 0,
    };
    Ok(if args.fail_on.iter().any(fails) { ExitCode::Fails } else { ExitCode::Holds })
}

/// A report, or the one in a folder.
fn report_file(path: &Path) -> Cow<'_, Path> {
    if path.is_dir() { Cow::Owned(path.join("report.json")) } else { Cow::Borrowed(path) }
}

/// Prints the JSON Schema of a file format.
pub(crate) fn schema(args: &Schema) -> anyhow::Result<ExitCode> {
    let schema = match args.format {
        SchemaOf::Report => report_schema(),
        SchemaOf::Baseline => baseline_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).context("cannot write the schema")?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::Holds)
}

/// Prints a completion script.
pub(crate) fn completions(args: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "plugin-eval", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::Holds)
}
