//! Secrets, mail addresses and names of people, taken out of everything that is written.
//!
//! Two passes: [`Masker::learn`] keeps what documents show with its context (a password under its name, a user in a
//! home path), and [`Mask`] replaces all of it, with context or without, by marks. A mark is as long as what it
//! stands for, the same for the same value in one suite, and says nothing about it to those without the suite's
//! [`Key`]. A [`Tripwire`] looks at what is about to be written with the same eyes.
//!
//! What is read as a whole goes a shorter way: [`Masker::judge`] learns and says of each line whether it holds anything,
//! so that lines without a find are looked at once ([`Judged`]).
//!
//! A text is seen layer by layer: strings of JSON, escapes, percent signs, base64 and terminal colours are undone, in
//! any order, and what is found inside is written back in the same writing.
//!
//! The formats of tokens are a table of this crate's own (`tokens.rs`): the published rule sets need another regex
//! engine, a newer compiler or a share-alike licence, and are made to report lines rather than to name exact bytes.

mod assignment;
mod carrier;
mod command;
mod finder;
mod form;
mod home;
mod json;
mod judged;
mod key;
mod kind;
mod mail;
mod mark;
mod masker;
mod memory;
mod name;
mod past;
mod pem;
mod person;
mod rules;
mod scan;
mod stream;
mod tally;
mod token;
mod tokens;
mod tripwire;
mod url;
mod value;
mod view;

pub use form::Form;
pub use judged::{Judged, Untouched};
pub use key::{Key, KeyError};
pub use kind::{Class, Kind};
pub use mark::{LEAST_NAME, LEAST_SECRET};
pub use masker::{Mask, Masker};
pub use memory::Memory;
pub use rules::Rules;
pub use stream::{MOST_LINE, MOST_UNPACKED, Stream, StreamError};
pub use tally::Tally;
pub use tripwire::{Alarm, Tripwire};

#[cfg(test)]
mod tests;
