//! What masking leaves behind, what it masks for nothing, and how fast it is.
//!
//! `cargo bench --bench mask` measures planted secrets, clean look-alikes and the speed over generated session text.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, unreachable_pub)]

mod clean;
mod planted;
mod random;

use std::collections::BTreeMap;
use std::time::Instant;

use plugin_eval::mask::{Key, Mask, Masker, Memory, Rules, Tally};
use random::Random;

fn mask_of(document: &str) -> (Mask, Masker) {
    let masker = Masker::new(&Key::from_bytes([7; 32]), Rules::default());
    let mut memory = Memory::default();
    masker.learn(document.as_bytes(), &mut memory);
    (masker.with(memory), masker)
}

fn masked(document: &str) -> String {
    let mask = mask_of(document).0;
    String::from_utf8(mask.document(document.as_bytes(), &mut Tally::default()).into_owned()).unwrap()
}

fn planted_corpus() {
    let mut random = Random::new(11);
    let mut left = BTreeMap::new();
    let (mut count, mut kinds) = (0, 0);
    for _ in 0..3 {
        for (carrier, write) in planted::CARRIERS {
            let all = planted::all(&mut random);
            kinds = all.len();
            for one in all {
                count += 1;
                let document = write(&one.text);
                let out = masked(&document);
                if one.secrets.iter().any(|secret| planted::can_be_read(&out, secret)) {
                    *left.entry(format!("{} in {carrier}", one.kind)).or_insert(0) += 1;
                }
            }
        }
    }
    let behind: usize = left.values().sum();
    println!(
        "planted: {kinds} kinds in {} carriers, {count} secrets, {behind} left behind",
        planted::CARRIERS.len()
    );
    for (kind, count) in left {
        println!("  left behind: {kind} ({count})");
    }
}

fn clean_corpus() {
    let mut random = Random::new(23);
    let all = clean::all(&mut random, 8);
    let mut wrong = BTreeMap::new();
    for (kind, text) in &all {
        for (carrier, write) in
            planted::CARRIERS.iter().filter(|(name, _)| matches!(*name, "output" | "argument" | "plain text"))
        {
            let document = write(text);
            if masked(&document) != document {
                *wrong.entry((*kind, *carrier)).or_insert(0) += 1;
            }
        }
    }
    let count: usize = wrong.values().sum();
    let texts = all.len() * 3;
    println!(
        "clean: {} kinds, {texts} look-alikes, {count} wrongly masked ({:.1}%)",
        all.len() / 8,
        count as f64 * 100.0 / texts as f64
    );
    for ((kind, carrier), count) in wrong {
        println!("  wrongly masked: {kind} in {carrier} ({count})");
    }
}

fn session(calls: usize) -> String {
    let mut random = Random::new(5);
    let clean = clean::all(&mut random, 12);
    let mut text = String::new();
    for call in 0..calls {
        let lines: Vec<&str> =
            (0..12).map(|at| clean[(call * 7 + at * 31) % clean.len()].1.as_str()).collect();
        let body = lines.join("\nplain words of an output that goes on for a while, as most of them do\n");
        let write = planted::CARRIERS[[2, 0, 4, 2][call % 4]].1;
        text += &write(&body);
        if call % 10 == 0 {
            text += &write("cd /home/adabyron/project && cat src/lib.rs");
        }
    }
    text
}

fn speed() {
    let text = session(20_000);
    let megabytes = text.len() as f64 / 1e6;
    let masker = Masker::new(&Key::from_bytes([7; 32]), Rules::default());
    for _ in 0..2 {
        let mut memory = Memory::default();
        let start = Instant::now();
        masker.learn(text.as_bytes(), &mut memory);
        let learned = start.elapsed().as_secs_f64();
        let mask = masker.with(memory);
        let start = Instant::now();
        let out = mask.document(text.as_bytes(), &mut Tally::default());
        let masked = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let alarms = mask.tripwire().scan("x", &out).len();
        let watched = start.elapsed().as_secs_f64();
        println!(
            "speed: {megabytes:.0} MB, a core: learn {:.0} MB/s, mask {:.0} MB/s, tripwire {:.0} MB/s ({alarms} alarms)",
            megabytes / learned,
            megabytes / masked,
            megabytes / watched
        );
        let start = Instant::now();
        let mut memory = Memory::default();
        let judged = masker.judge(text.as_bytes(), &mut memory);
        let mask = masker.with(memory);
        let (out, untouched) = mask.judged(&judged, &mut Tally::default());
        let alarms = mask.tripwire().scan_beside("x", &out, &untouched).len();
        let all = start.elapsed().as_secs_f64();
        println!(
            "speed: all three as an import does them, a core: {:.0} MB/s ({alarms} alarms)",
            megabytes / all
        );
    }
}

fn main() {
    planted_corpus();
    clean_corpus();
    speed();
}
