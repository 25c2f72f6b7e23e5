//! `index.html`: the whole report in one file that works from disk, without a network.
//!
//! What decides (verdict, ladder, bars, metrics, what to look at) is plain HTML and needs no script. The task table
//! and the timelines are drawn by a script from data blocks: one small line of JSON per task, and behind it the task
//! as in `report.json`, packed. A page with thousands of tasks opens fast because a task is unpacked when it is
//! looked at.
//!
//! Everything recorded reaches the page as escaped text or as data that the script shows with `textContent`. A
//! content security policy allows nothing but the page's own script and style, named by their hashes: no connection,
//! no image, no form.

mod block;
mod lists;
mod metrics;
mod paired;
mod plot;
mod sections;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::markdown::plural;
use super::v1::{SuiteV1, SummaryV1};

pub(super) use block::{block, row};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page up to the data blocks of the tasks.
pub(super) fn head(suite: &SuiteV1, summary: &SummaryV1) -> String {
    let title = format!("{} · plugin-eval", shown(&suite.name));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let head = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
        }
    };
    // The elements that hold the tasks stay open until `tail`.
    let mut page = head.into_string();
    page.truncate(page.len() - "</html>".len());
    page.push_str("<body>\n");
    page.push_str(&top(suite).into_string());
    page.push_str("<main>\n<div id=\"overview\">\n");
    page.push_str(&overview(suite, summary).into_string());
    page.push_str("\n</div>\n<section id=\"task\" aria-live=\"polite\" hidden></section>\n</main>\n");
    page
}

/// Tasks of a page that a browser opens in a moment, and how many there may be in all with those that need a look.
pub(super) const MOST_PLAIN: u64 = 20_000;
pub(super) const MOST_TASKS: u64 = 30_000;
/// Bytes of all tasks of a page.
pub(super) const MOST_BYTES: u64 = 192 << 20;

/// The page after the data blocks. `left_out` tasks are not in it.
pub(super) fn tail(left_out: u64) -> String {
    let mut page = String::with_capacity(SCRIPT.len() + 600);
    if left_out > 0 {
        let note = html! {
            p id="omitted" {
                (plural(left_out, "task is", "tasks are"))
                " left out of this page, which would be too large: tasks.csv, calls.csv and report.json have all."
            }
        };
        page.push_str(&note.into_string());
        page.push('\n');
    }
    page.push_str("<footer>Made by plugin-eval from <code>report.json</code>. Effects that cannot be known offline are shown as unknown, never counted as inside.</footer>\n");
    let _ = writeln!(page, "<script>{SCRIPT}</script>\n</body>\n</html>");
    page
}

/// Text with nothing hidden in it; maud escapes markup.
fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    super::escape::line(text)
}

/// Hash of an inline script or style, as a content security policy names it.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn top(suite: &SuiteV1) -> Markup {
    html! {
        header {
            span.suite { (shown(&suite.name)) }
            span.dim { "role " (shown(&suite.role)) }
            nav {
                a href="#bars" { "bars" }
                a href="#metrics" { "metrics" }
                a href="#attention" { "to look at" }
                a href="#tasks" { "tasks" }
                button type="button" id="theme" { "theme" }
            }
        }
    }
}

fn overview(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    html! {
        (sections::verdict(suite, summary))
        (sections::ladder(suite, summary))
        (metrics::tiles(suite, summary))
        (sections::bars(suite, summary))
        (paired::paired(summary))
        (lists::attention(suite, summary))
        (tasks())
        (metrics::tables(suite, summary))
    }
}

/// The frame of the task table, which the script fills.
fn tasks() -> Markup {
    let only = [
        ("", "all"),
        ("violations", "outside of policy"),
        ("disagree", "disagrees with the person"),
        ("changed", "changed or new"),
        ("unanswered", "unanswered prompts"),
        ("undetermined", "not known offline"),
        ("diverged", "diverged"),
        ("broken", "broken"),
    ];
    html! {
        h2 id="tasks" { "Tasks" }
        noscript { p { "The task table needs scripts. The same rows are in tasks.csv and calls.csv." } }
        div.filters {
            input type="search" id="filter" placeholder="filter: words of name, label, outcome, problem  ( / )" aria-label="filter tasks";
            select id="only" aria-label="which tasks" {
                @for (value, name) in only { option value=(value) { (name) } }
            }
            select id="label" aria-label="label" { option value="" { "any label" } }
            span.dim id="count" role="status" {}
        }
        div id="rows" tabindex="0" role="region" aria-label="tasks: arrow keys move, Enter opens" {
            table {
                colgroup { col.name; }
                thead { tr {} }
                tbody {}
            }
        }
    }
}
